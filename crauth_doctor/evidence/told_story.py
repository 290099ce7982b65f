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
        Told.OTHER_CALLER_WORKS,
        "works from, from ci, same api, gives 200, works in the browser, public clients",
        r"""
        (?:token|call|request|it) (?:that )?works from\b|from a browser .{0,80}(?:gives|returns|is) 200
        works in the browser|(?:public|other) (?:clients|callers) are fine
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
        Told.DOMAIN_MAPPED,
        "domain, cname, 域名, ドメイン, dns",
        r"""
        custom domain|domain mapping|自定义域名|カスタムドメイン|\bcname\b|ghs\.googlehosted
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
        Told.FEDERATED,
        "workload identity, external_account, federation, oidc provider",
        r"""
        workload identity (?:federation|pool|provider)|identity federation
        """,
    ),
)
"""What is told, the words of which one must be there, and the phrases."""
