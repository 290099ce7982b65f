"""Phrases about what works, what does not, since when, and what was done before.

Conservative: a phrase that could mean two things is left out. All in lower case; hints first, see `phrases`.
"""

from __future__ import annotations

from ..model.told import Told

ROWS: tuple[tuple[Told, str, str], ...] = (
    (
        Told.DIRECT_WORKS,
        "straight, direct, itself, 自己的, 直接",
        r"""
        (?:straight|directly|direct) (?:to|against|at) (?:the |our )?(?:service|run\.app|cloud run|backend
        ~|url)\b.{0,60}(?:works?|200|fine|ok)
        service itself works|服务自己的.{0,10}没问题|calling (?:it|the service) directly works
        """,
    ),
    (
        Told.OTHER_PATHS_WORK,
        "other path, other route, reach the, other endpoint, get /",
        r"""
        other (?:paths|routes|endpoints) (?:\w+ ){0,3}(?:works?|answer|are fine|ok|200)
        get /\S* (?:and get /\S* )?(?:reach|works?|returns? 200|が 200|は 200|gives? 200|is fine)
        """,
    ),
    (
        Told.OTHER_CALLER_WORKS,
        "works from, from ci, same api, gives 200, works in the browser, public clients",
        r"""
        (?:token|call|request|it) (?:that )?works from\b|from a browser .{0,80}(?:gives|returns|is) 200
        works in the browser|(?:public|other) (?:clients|callers) are fine
        """,
    ),
    (
        Told.WORKED_AN_HOUR,
        "hour, 60 min, 55 min, 3600, for a while, 一時間, 1時間, 小时, 一个小时, stunde, hora, heure, час",
        r"""
        \b(?:for|after|about|within|every|in) (?:about |around |exactly |roughly |approximately |~ ?)?(?:an|one|1
        ~|the first) hour\b
        \b(?:after|for|every) (?:about |~)?(?:60|55|59) ?min|3600 ?s
        (?:works?|worked|fine) for a while,? (?:then|and)|(?:1|一)時間(?:後|経
        ~|で|くらい)|(?:一|1)个?小时(?:后|後|左右)
        nach (?:etwa )?einer stunde|después de una hora|через час|au bout d'une heure
        """,
    ),
    (
        Told.WORKED_BEFORE,
        (
            "used to, worked, until, before, since, stopped, 以前, 之前, それ以降, その日から, раньше, antes, früher, "
            "all right before, was fine"
        ),
        r"""
        \bused to (?:work|get|answer|rewrite|be (?:fine|ok|public))
        (?:worked|was (?:fine|ok|working)) (?:\w+ )?(?:until|before|yesterday|till|up to)
        \buntil (?:this morning|yesterday|last (?:week|night|month)|today|tonight)|stopped (?:working|doing)
        all right before|以前は|之前一直|以前(?:可以|都)|それ以降|その日から|раньше работал
        antes funcionaba|hat früher funktioniert
        up to v?\d[\d.]* .{0,40}(?:fine|worked)|and still worked (?:yesterday|last)
        """,
    ),
    (
        Told.WORKS_LATER,
        "later, again, minutes, 后, 後, seconds, then it works",
        r"""
        (?:a little|a (?:few|couple of)|\w+) ?(?:minutes?|seconds|moments?|while)? later\b.{0,80}(?:works?|200
        ~|succeed|fine|went through|let in)
        (?:minutes?|seconds|moments?) later,? (?:with )?(?:the )?same (?:token|call|request)
        the same call (?:\w+ ){0,5}again, (?:a little|some|\w+) later
        after (?:a few|some|\w+) minutes (?:it|the call|everything) (?:works|worked|succeeds)
        (?:数|几)分(?:後|钟后).{0,20}(?:200|通|成功|可以)
        """,
    ),
    (
        Told.JUST_GRANTED,
        (
            "just, right after, immediately after, seconds after, minutes after, moments, 直後, 刚刚, minutes ago, "
            "seconds ago, 反映待ち"
        ),
        r"""
        just (?:granted|added|gave|bound|assigned|set)\b.{0,80}(?:role|invoker|permission|binding|access|member|iam)
        (?:granted|added|bound|assigned).{0,60}(?:minutes?|seconds|moments?) ago
        (?:right|immediately|seconds|a minute|minutes|moments) after (?:the )?(?:grant\w*|binding|adding|role)
        (?:付与|追加)(?:した)?直後|刚刚?(?:授权|授予|添加)
        """,
    ),
    (
        Told.JUST_DEPLOYED,
        (
            "at once, immediately after, right after, seconds after, just deployed, fresh, 直後, during the deploy, "
            "new , minutes after"
        ),
        r"""
        (?:right|immediately|seconds|shortly|directly|minutes) after (?:the |a |its )?(?:deploy\w*|creat\w*|release)
        \bjust (?:deployed|created)|deploy(?:ed|ment)? .{0,60}\bat once\b
        during the deploy|デプロイ直後|刚部署|部署后立即
        """,
    ),
    (
        Told.AFTER_DEPLOY,
        "deploy, release, revision, デプロイ, 部署, деплоя, despliegue, apply",
        r"""
        (?:after|since|with) (?:a |the |every |each |our |tonight's |today's |yesterday's |last )?
        ~(?:`?[\w-]+ )?`?(?:re-?)?(?:deploy(?:s|ed|ment)?|release|terraform apply|apply)\b
        デプロイ(?:後|したら|してから)|(?:重新)?部署(?:后|之后|以后)|после деплоя|tras el despliegue|nach dem deploy
        """,
    ),
    (
        Told.RECREATED,
        (
            "recreat, re-creat, deleted, delete and, destroy, 作り直, 再作成, 重新创建, 重建, пересозда, recread, neu "
            "angelegt, replaced"
        ),
        r"""
        \bre-?created?\b|\bre-?creating\b
        deleted (?:\w+ ){0,4}(?:and|then) (?:\w+ ){0,2}(?:created?|deployed|made|re)
        destroyed (?:\w+ ){0,3}and (?:\w+ )?created|作り直し|再作成|重新创建|重建|пересозда|neu angelegt|lo recre
        """,
    ),
    (
        Told.ROLE_GRANTED,
        "invoker, 起動元, 调用者",
        r"""
        (?:granted|has|have|holds?|got|given|gave|added|with|入って|付け|授过|bound)\b.{0,80}(?:<role>)
        (?:<role>).{0,80}(?:granted|given|added|bound|is there|入って|付け|授过|有)|(?:user|account) is invoker
        """,
    ),
    (
        Told.NO_REQUEST_LOG,
        "log, ログ, 日志",
        r"""
        (?:nothing|no (?:line|entry|entries|trace|record)s?) (?:\w+ ){0,4}(?:in|of it in|from|for) (?:\w+ ){0,3}
        ~(?:request )?log
        request log (?:knows|has|shows) (?:all of them but|nothing|none|no )|log has no (?:line|entry|entries)
        (?:リクエスト)?ログには?.{0,40}(?:無い|ない|ありません|出ない)|日志里?(?:没有|沒有|什么都没有)|not (?:in
        ~|even in) the (?:request )?logs?\b
        """,
    ),
    (
        Told.APP_SAW_NOTHING,
        (
            "never logs, did not even receive, never receives, never reach, does not reach, doesn't reach, never "
            "runs, 届い, never arrives, no part of the app, nothing arrives, before it reaches"
        ),
        r"""
        never (?:logs? anything|receives?|reach\w*|arrives|runs)|did not even receive
        (?:does not|doesn't|did not|didn't) (?:even )?reach|no part of the app|nothing arrives|届いていない
        before it reaches (?:the|our|my) (?:app|code|container)
        """,
    ),
    (
        Told.IAP_ON,
        "iap, identity-aware, identity aware",
        r"""
        (?<!no )(?<!not )(?<!without )\biap\b(?! is (?:off|disabled|not))|identity.aware proxy
        """,
    ),
    (
        Told.DOMAIN_MAPPED,
        "domain, cname, 域名, ドメイン, dns",
        r"""
        custom domain|domain mapping|自定义域名|カスタムドメイン|\bcname\b|ghs\.googlehosted
        """,
    ),
    (
        Told.INTERNAL_INGRESS,
        "internal, 内部",
        r"""
        internal traffic only|ingress.{0,30}\binternal\b|\binternal ingress|\"internal\"|内部(?:トラフィック|流量)
        """,
    ),
    (
        Told.INGRESS_ALL,
        "ingress, allow all traffic, すべて",
        r"""
        ingress:? ?(?:is |=|to )?\"?all\b|allow all traffic|ingress.{0,20}「すべて」
        """,
    ),
    (
        Told.SHARING_RESTRICTED,
        "domain-restricted, domain restricted, allowedpolicymember",
        r"""
        domain.restricted sharing|allowedpolicymember
        """,
    ),
    (
        Told.CHECK_WAS_OFF,
        "invoker-iam-check, invoker check, invoker iam check",
        r"""
        (?:been|was|is|were|on|with|uses?|runs?|set) (?:\w+ ){0,4}`?--no-invoker-iam-check
        invoker (?:iam )?check (?:is|was|has been|had been) (?:switched |turned )?(?:off|disabled)
        """,
    ),
    (
        Told.CLOCK_OFF,
        "clock, 時計, 时钟",
        r"""
        clock (?:is|was|runs?|ran) (?:\w+ ){0,3}(?:off|wrong|ahead|behind|fast|slow|skewed)|clock skew|時計が(?:ず|狂)
        时钟(?:不准|偏)
        """,
    ),
    (
        Told.FEDERATED,
        "workload identity, external_account, federation, oidc provider",
        r"""
        workload identity (?:federation|pool|provider)|identity federation
        """,
    ),
    (
        Told.IS_OWNER,
        "owner, オーナー, 所有者, владелец, propietario",
        r"""
        \b(?:i'?m|i am|as|we are|is|am) (?:the |an |a )?(?:project )?owner\b|オーナー(?:です|な|権限)|我是.{0,8}所有者
        """,
    ),
)
"""What is told, the words of which one must be there, and the phrases."""
