"""Families of phrases by which people say what no log says. Conservative: a family that could mean two things is left out.

Each row is: what is told, the words of which one must be there, and the pattern; all in lower case.
"""

from __future__ import annotations

import re

from ..model.told import Told

_SERVICE = r"(?:service|function|callable|endpoint|api|site|app|page|backend|server|url|webhook)s?"
_WEBHOOKS = (
    r"stripe|github|gitlab|bitbucket|slack|twilio|sendgrid|mailgun|shopify|paypal|telegram|discord|line|hubspot|zapier|jira|"
    r"docusign|plaid|razorpay|paddle|square|adyen|whatsapp|meta|facebook|calendly|intercom|zendesk|linear|clerk|resend|postmark"
)
_ROLE = (
    r"(?:roles/)?run[. ]?(?:services)?invoker|cloud run (?:services? )?invoker|invoker role|起動元|调用者|呼び出し元"
)

_TABLE: tuple[tuple[Told, tuple[str, ...], str], ...] = (
    (
        Told.MEANT_PUBLIC,
        (
            "public",
            "anyone",
            "everyone",
            "unauthenticated",
            "open to",
            "anonymous",
            "allusers",
            "公開",
            "公开",
            "匿名",
            "anonym",
            "públic",
            "öffentlich",
            "visitors",
        ),
        rf"\b{_SERVICE} (?:itself )?(?:is|are|was|should be|must be|has to be|needs to be) (?:to be )?(?:meant to be |supposed to be |intended to be )?(?:open|public)\b|"
        r"\(public\)|\bopen to (?:anyone|everyone|the (?:public|internet|world))|\bpublicly (?:accessible|available|reachable)|\bpublic (?:website|site|service|api|page|endpoint)\b|"
        rf"(?:makes?|deploy(?:s|ed)?|exposed?) (?:\w+ ){{0,3}}(?:callables?|functions?|services?|it|them) (?:\w+ )?public|(?:expect|want|expected) (?:to be able to |everyone to |anyone to |visitors to )(?:visit|reach|open|access)|"
        r"(?:allows?|with|set(?:ting)? to|to|enabled?) [\"'“「]?(?:allow(?:s|ing)? )?(?:unauthenticated|anonymous|public) (?:invocations?|access|requests?|calls?)?|"
        r"\ballow unauthenticated\b|(?:usual|have|has|with|add(?:ed)?) (?:\w+ )?allusers|公開(?:サービス|サイト|したい|のはず|する)|公开(?:网站|網站|服务|访问)|公開(?:網站|服務)|允许匿名|"
        r"servicio (?:es )?público|öffentlich (?:erreichbar|zugänglich)|accessible publiquement",
    ),
    (
        Told.MEANT_PRIVATE,
        (
            "private",
            "require authentication",
            "requires authentication",
            "非公開",
            "非公开",
            "privad",
            "privat",
            "no-allow",
        ),
        rf"require[sd]? authentication|\b{_SERVICE} is private|\b(?:our|a|the|my) private (?:\w+ )?(?:cloud run|{_SERVICE})|非公開|非公开|私有服务|\bservicio privado|\bprivaten? dienst",
    ),
    (
        Told.CALLABLE,
        ("callable", "oncall", "httpscallable"),
        r"\bcallables?\b|\boncall\b|httpscallable",
    ),
    (
        Told.APP_CHECKS_CALLER,
        (
            "own check",
            "bearer check",
            "checks the",
            "verif",
            "own login",
            "own auth",
            "request.auth",
            "sign-in",
            "signature",
            "session token",
            "admin sdk",
            "valida",
            "own token",
            "own jwt",
            "app check",
        ),
        r"\bown (?:\w+ ){0,2}(?:check|login|auth\w*|sign-in|bearer|jwt|token)|\bchecks? the (?:[\w-]+ ){0,3}(?:signature|token|user|session|header|signed-in)|"
        r"verif(?:y|ies|ied) (?:the |its )?(?:[\w-]+ ){0,3}(?:signature|token|jwt|user)|request\.auth\b|requires? (?:firebase|google|user)? ?sign-in|"
        r"verify(?:auth|idtoken|token)|(?:hands out|issues|issued) (?:a|its own) (?:[\w-]+ ){0,3}token|(?:valida|validates|validado) .{0,40}admin sdk|admin sdk",
    ),
    (
        Told.APP_VERIFIES_SIGNATURE,
        ("signature",),
        r"(?:app|application|backend|service|we|it|middleware)\b.{0,60}(?:verif|check|validat)\w* .{0,60}\bsignature|signature verification|signature does not verify",
    ),
    (
        Told.APP_USES_AUTHORIZATION,
        ("authorization",),
        r"(?:app|application|client|clients|user|own|firebase|session)(?:'s|s')? (?:own )?(?:jwt|token|session|bearer).{0,60}\bauthorization\b|\bauthorization\b.{0,60}(?:app|application|firebase|user|session)'?s? (?:own )?(?:jwt|token|session)",
    ),
    (
        Told.SENDER_WEBHOOK,
        ("webhook", "web hook"),
        rf"\b(?:{_WEBHOOKS})\b.{{0,80}}\bweb ?hooks?\b|\bweb ?hooks?\b.{{0,40}}\b(?:from|by|of|sent by|endpoint)\b|\bweb ?hook (?:sender|provider|delivery|deliveries)",
    ),
    (
        Told.SENDER_BROWSER,
        (
            "browser",
            "visitor",
            "spa",
            "devtools",
            "ブラウザ",
            "浏览器",
            "瀏覽器",
            "navegador",
            "браузер",
            "navigateur",
            "打开",
            "打開",
            "react",
            "frontend",
            "vue",
            "angular",
        ),
        r"(?:in|from|with|by) (?:the|a|my|any|their|our) (?:user'?s |web )?browser|\bbrowser (?:shows?|says?|gets?|sends?|calls?|reports?|console)|\bvisitors (?:get|see|are)|single.page app|"
        r"\bspa\b|\bdevtools\b|ブラウザ(?:で|から|に)|浏览器|瀏覽器|打开首页|打開首頁|desde el navegador|в браузере|im browser|dans le navigateur|\breact (?:app|frontend)|(?:angular|vue|vite|svelte)\b.{0,40}(?:app|frontend|proxy)",
    ),
    (
        Told.SENDER_APP,
        (
            "flutter",
            "android",
            "ios app",
            "iphone",
            "mobile",
            "dart",
            "dio",
            "react native",
            "swift",
            "kotlin",
            "アプリ",
            "手机",
        ),
        r"\bflutter\b|\bandroid app\b|\bios app\b|\bmobile (?:app|client)|\breact native\b|\bfrom (?:our|my|the) app\b",
    ),
    (
        Told.SENDER_LAPTOP,
        (
            "laptop",
            "my machine",
            "local machine",
            "my mac",
            "localhost",
            "手元",
            "本地",
            "локальн",
            "portátil",
            "locally",
            "my pc",
            "workstation",
        ),
        r"\b(?:my|the|a|our|his|her) (?:laptop|workstation|local machine|pc|macbook|mac)\b|\bfrom my (?:machine|laptop|computer|desk)|手元の ?(?:mac|pc|マシン|環境)|我的电脑|本地电脑|с (?:моего )?ноутбука|mi portátil",
    ),
    (
        Told.SENDER_OUTSIDE,
        (
            "vercel",
            "netlify",
            "aws",
            "azure",
            "another cloud",
            "on-prem",
            "outside google",
            "heroku",
            "github actions",
            "gitlab ci",
            "partner",
            "data center",
            "datacenter",
            "cloudflare worker",
        ),
        r"\b(?:on|from|in|at|by) (?:vercel|netlify|aws|azure|heroku|render|fly\.io|railway|digitalocean|another cloud|on-prem\w*)|\baws lambda|outside (?:of )?google cloud|\bgithub actions\b|\bgitlab ci\b|(?:sit|runs?|hosted|live) in another cloud|cloudflare workers?",
    ),
    (
        Told.THROUGH_PROXY,
        ("proxy", "nginx", "envoy", "haproxy", "traefik", "squid", "proxied", "プロキシ", "代理", "прокси", "rewrit"),
        r"\breverse proxy|\b(?:through|via|behind|by|over) (?:a |an |our |the |its )?(?:[\w-]+ )?(?:proxy|nginx|envoy|haproxy|traefik|squid|apache)|\bnginx\b|\bproxy_pass\b|\bvite\b.{0,20}proxy|logging proxy|プロキシ|squid|rewriting \S+ to https",
    ),
    (
        Told.THROUGH_CDN,
        ("cloudflare", "cdn", "fastly", "akamai", "cloudfront", "orange cloud", "橙云"),
        r"\bcloudflare\b(?!.{0,40}(?:dns only|仅 ?dns|灰云|grey cloud|gray cloud|worker))|\bfastly\b|\bakamai\b|\bcloudfront\b|\b(?:through|behind|via) (?:a |our |the )?cdn\b|orange cloud|橙云",
    ),
    (
        Told.THROUGH_GATEWAY,
        ("gateway", "apigee", "kong", "apim", "pomerium", "网关", "ゲートウェイ", "app hosting"),
        r"\b(?:api |through |via |behind |our (?:own )?|the |a )gateway\b|\bapigee\b|\bkong\b|\bapim\b|\bpomerium\b|网关|ゲートウェイ|firebase app hosting|firebase hosting",
    ),
    (
        Told.THROUGH_LOAD_BALANCER,
        (
            "load balancer",
            "loadbalancer",
            "load-balancer",
            "ロードバランサ",
            "负载均衡",
            "front door",
            "балансировщик",
            "lastverteiler",
        ),
        r"load[ -]?balancer|ロードバランサ|负载均衡|балансировщик",
    ),
    (
        Told.THROUGH_RUN_PROXY,
        ("services proxy", "cloud-run-proxy", "run proxy"),
        r"gcloud (?:beta )?run services proxy|\bcloud-run-proxy\b",
    ),
    (
        Told.PROXY_ENVIRONMENT,
        ("http_proxy", "https_proxy"),
        r"\bhttps?_proxy\b",
    ),
    (
        Told.HEADER_STRIPPED,
        (
            "strip",
            "remove",
            "drop",
            "does not forward",
            "doesn't forward",
            "not forwarded",
            "swallow",
            "lost",
            "missing",
            "转发",
            "転送",
        ),
        r"(?:strips?|stripped|stripping|removes?|removed|drops?|dropped|swallow\w*|discards?|deletes?) (?:the |our |my |its |any |that )?[\"'`]?(?:authorization|auth)\b|"
        r"[\"'`]?authorization[\"'`]?(?: header)? (?:is |was |gets? |got |has been |being )(?:stripped|removed|dropped|lost|not forwarded|missing)|"
        r"(?:does not|doesn't|not) (?:forward|pass|send)(?:ed|ing)? (?:on )?(?:the )?[\"'`]?authorization",
    ),
    (
        Told.HOST_REWRITTEN,
        ("host",),
        r"(?:forwards?|sends?|passes|keeps|preserves?) (?:\w+ ){0,3}(?:original |wrong |its own |own )?[\"'`]?host[\"'`]? ?header|host header (?:of|is|stays|was|override)|changeorigin|proxy_set_header host",
    ),
    (
        Told.DIRECT_WORKS,
        ("straight", "direct", "itself", "自己的", "直接"),
        r"(?:straight|directly|direct) (?:to|against|at) (?:the |our )?(?:service|run\.app|cloud run|backend|url)\b.{0,60}(?:works?|200|fine|ok)|service itself works|服务自己的.{0,10}没问题|calling (?:it|the service) directly works",
    ),
    (
        Told.OTHER_PATHS_WORK,
        ("other path", "other route", "reach the", "other endpoint", "get /"),
        r"other (?:paths|routes|endpoints) (?:\w+ ){0,3}(?:works?|answer|are fine|ok|200)|get /\S* (?:and get /\S* )?(?:reach|works?|returns? 200|が 200|は 200|gives? 200|is fine)",
    ),
    (
        Told.OTHER_CALLER_WORKS,
        ("works from", "from ci", "same api", "gives 200", "works in the browser", "public clients"),
        r"(?:token|call|request|it) (?:that )?works from\b|from a browser .{0,80}(?:gives|returns|is) 200|works in the browser|(?:public|other) (?:clients|callers) are fine",
    ),
    (
        Told.WORKED_AN_HOUR,
        (
            "hour",
            "60 min",
            "55 min",
            "3600",
            "for a while",
            "一時間",
            "1時間",
            "小时",
            "一个小时",
            "stunde",
            "hora",
            "heure",
            "час",
        ),
        r"\b(?:for|after|about|within|every|in) (?:about |around |exactly |roughly |approximately |~ ?)?(?:an|one|1|the first) hour\b|\b(?:after|for|every) (?:about |~)?(?:60|55|59) ?min|3600 ?s|(?:works?|worked|fine) for a while,? (?:then|and)|"
        r"(?:1|一)時間(?:後|経|で|くらい)|(?:一|1)个?小时(?:后|後|左右)|nach (?:etwa )?einer stunde|después de una hora|через час|au bout d'une heure",
    ),
    (
        Told.WORKED_BEFORE,
        (
            "used to",
            "worked",
            "until",
            "before",
            "since",
            "stopped",
            "以前",
            "之前",
            "それ以降",
            "その日から",
            "раньше",
            "antes",
            "früher",
            "all right before",
            "was fine",
        ),
        r"\bused to (?:work|get|answer|rewrite|be (?:fine|ok|public))|(?:worked|was (?:fine|ok|working)) (?:\w+ )?(?:until|before|yesterday|till|up to)|\buntil (?:this morning|yesterday|last (?:week|night|month)|today|tonight)|stopped (?:working|doing)|"
        r"all right before|以前は|之前一直|以前(?:可以|都)|それ以降|その日から|раньше работал|antes funcionaba|hat früher funktioniert|up to v?\d[\d.]* .{0,40}(?:fine|worked)|and still worked (?:yesterday|last)",
    ),
    (
        Told.WORKS_LATER,
        ("later", "again", "minutes", "后", "後", "seconds", "then it works"),
        r"(?:a little|a (?:few|couple of)|\w+) ?(?:minutes?|seconds|moments?|while)? later\b.{0,80}(?:works?|200|succeed|fine|went through|let in)|(?:minutes?|seconds|moments?) later,? (?:with )?(?:the )?same (?:token|call|request)|"
        r"the same call (?:\w+ ){0,5}again, (?:a little|some|\w+) later|after (?:a few|some|\w+) minutes (?:it|the call|everything) (?:works|worked|succeeds)|(?:数|几)分(?:後|钟后).{0,20}(?:200|通|成功|可以)",
    ),
    (
        Told.JUST_GRANTED,
        (
            "just",
            "right after",
            "immediately after",
            "seconds after",
            "minutes after",
            "moments",
            "直後",
            "刚刚",
            "minutes ago",
            "seconds ago",
            "反映待ち",
        ),
        r"just (?:granted|added|gave|bound|assigned|set) |(?:granted|added|bound|assigned).{0,60}(?:minutes?|seconds|moments?) ago|(?:right|immediately|seconds|a minute|minutes|moments) after (?:the )?(?:grant\w*|binding|adding|role)|(?:付与|追加)(?:した)?直後|刚刚?(?:授权|授予|添加)",
    ),
    (
        Told.JUST_DEPLOYED,
        (
            "at once",
            "immediately after",
            "right after",
            "seconds after",
            "just deployed",
            "fresh",
            "直後",
            "during the deploy",
            "new ",
            "minutes after",
        ),
        r"(?:right|immediately|seconds|shortly|directly|minutes) after (?:the |a |its )?(?:deploy\w*|creat\w*|release)|\bjust (?:deployed|created)|deploy(?:ed|ment)? .{0,60}\bat once\b|during the deploy|デプロイ直後|刚部署|部署后立即",
    ),
    (
        Told.AFTER_DEPLOY,
        ("deploy", "release", "revision", "デプロイ", "部署", "деплоя", "despliegue", "apply"),
        r"(?:after|since|with) (?:a |the |every |each |our |tonight's |today's |yesterday's |last )?(?:`?[\w-]+ )?`?(?:re-?)?(?:deploy(?:s|ed|ment)?|release|terraform apply|apply)\b|デプロイ(?:後|したら|してから)|(?:重新)?部署(?:后|之后|以后)|после деплоя|tras el despliegue|nach dem deploy",
    ),
    (
        Told.RECREATED,
        (
            "recreat",
            "re-creat",
            "deleted",
            "delete and",
            "destroy",
            "作り直",
            "再作成",
            "重新创建",
            "重建",
            "пересозда",
            "recread",
            "neu angelegt",
            "replaced",
        ),
        r"\bre-?created?\b|\bre-?creating\b|deleted (?:\w+ ){0,4}(?:and|then) (?:\w+ ){0,2}(?:created?|deployed|made|re)|destroyed (?:\w+ ){0,3}and (?:\w+ )?created|作り直し|再作成|重新创建|重建|пересозда|neu angelegt|lo recre",
    ),
    (
        Told.ROLE_GRANTED,
        ("invoker", "起動元", "调用者"),
        rf"(?:granted|has|have|holds?|got|given|gave|added|with|入って|付け|授过|bound)\b.{{0,80}}(?:{_ROLE})|(?:{_ROLE}).{{0,80}}(?:granted|given|added|bound|is there|入って|付け|授过|有)|(?:user|account) is invoker",
    ),
    (
        Told.NO_REQUEST_LOG,
        ("log", "ログ", "日志"),
        r"(?:nothing|no (?:line|entry|entries|trace|record)s?) (?:\w+ ){0,4}(?:in|of it in|from|for) (?:\w+ ){0,3}(?:request )?log|request log (?:knows|has|shows) (?:all of them but|nothing|none|no )|log has no (?:line|entry|entries)|"
        r"(?:リクエスト)?ログには?.{0,40}(?:無い|ない|ありません|出ない)|日志里?(?:没有|沒有|什么都没有)|not (?:in|even in) the (?:request )?logs?\b",
    ),
    (
        Told.APP_SAW_NOTHING,
        (
            "never logs",
            "did not even receive",
            "never receives",
            "never reach",
            "does not reach",
            "doesn't reach",
            "never runs",
            "届い",
            "never arrives",
            "no part of the app",
            "nothing arrives",
            "before it reaches",
        ),
        r"never (?:logs? anything|receives?|reach\w*|arrives|runs)|did not even receive|(?:does not|doesn't|did not|didn't) (?:even )?reach|no part of the app|nothing arrives|届いていない|before it reaches (?:the|our|my) (?:app|code|container)",
    ),
    (
        Told.IAP_ON,
        ("iap", "identity-aware", "identity aware"),
        r"(?<!no )(?<!not )(?<!without )\biap\b(?! is (?:off|disabled|not))|identity.aware proxy",
    ),
    (
        Told.DOMAIN_MAPPED,
        ("domain", "cname", "域名", "ドメイン", "dns"),
        r"custom domain|domain mapping|自定义域名|カスタムドメイン|\bcname\b|ghs\.googlehosted",
    ),
    (
        Told.INTERNAL_INGRESS,
        ("internal", "内部"),
        r"internal traffic only|ingress.{0,30}\binternal\b|\binternal ingress|\"internal\"|内部(?:トラフィック|流量)",
    ),
    (
        Told.INGRESS_ALL,
        ("ingress", "allow all traffic", "すべて"),
        r"ingress:? ?(?:is |=|to )?\"?all\b|allow all traffic|ingress.{0,20}「すべて」",
    ),
    (
        Told.SHARING_RESTRICTED,
        ("domain-restricted", "domain restricted", "allowedpolicymember"),
        r"domain.restricted sharing|allowedpolicymember",
    ),
    (
        Told.CHECK_WAS_OFF,
        ("invoker-iam-check", "invoker check", "invoker iam check"),
        r"(?:been|was|is|were|on|with|uses?|runs?|set) (?:\w+ ){0,4}`?--no-invoker-iam-check|invoker (?:iam )?check (?:is|was|has been|had been) (?:switched |turned )?(?:off|disabled)",
    ),
    (
        Told.CLOCK_OFF,
        ("clock", "時計", "时钟"),
        r"clock (?:is|was|runs?|ran) (?:\w+ ){0,3}(?:off|wrong|ahead|behind|fast|slow|skewed)|clock skew|時計が(?:ず|狂)|时钟(?:不准|偏)",
    ),
    (
        Told.FEDERATED,
        ("workload identity", "external_account", "federation", "oidc provider"),
        r"workload identity (?:federation|pool|provider)|identity federation",
    ),
    (
        Told.IS_OWNER,
        ("owner", "オーナー", "所有者", "владелец", "propietario"),
        r"\b(?:i'?m|i am|as|we are|is|am) (?:the |an |a )?(?:project )?owner\b|オーナー(?:です|な|権限)|我是.{0,8}所有者",
    ),
)

FAMILIES = tuple((told, literals, re.compile(pattern)) for told, literals, pattern in _TABLE)
"""What is told, the words of which one must be there, and the pattern, all in lower case."""
