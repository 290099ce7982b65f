"""Phrases about what a service is, who calls it, and what stands between.

Conservative: a phrase that could mean two things is left out. All in lower case; hints first, see `phrases`.
"""

from __future__ import annotations

from ..model.told import Told

ROWS: tuple[tuple[Told, str, str], ...] = (
    (
        Told.MEANT_PUBLIC,
        (
            "public, anyone, everyone, unauthenticated, open to, anonymous, allusers, 公開, 公开, 匿名, anonym, "
            "públic, öffentlich, visitors"
        ),
        r"""
        \b<service> (?:itself )?(?:is|are|was|should be|must be|has to be|needs to be) (?:to be )?(?:meant to b
        ~e |supposed to be |intended to be )?(?:open|public)\b
        \bopen to (?:anyone|everyone|the (?:public|internet|world))
        \bpublicly (?:accessible|available|reachable)
        (?:makes?|deploy(?:s|ed)?|exposed?) (?:\w+ ){0,3}(?:callables?|functions?|services?|it|them) (?:\w+ )?public
        (?:expect|want|expected) (?:to be able to |everyone to |anyone to |visitors to )(?:visit|reach|open|access)
        (?:allows?|with|set(?:ting)? to|to|enabled?) [\"'“「]?(?:allow(?:s|ing)? )?(?:unauthenticated|anonymous
        ~|public) (?:invocations?|access|requests?|calls?)?
        \ballow unauthenticated\b|(?:usual|have|has|with
        ~|add(?:ed)?) (?:\w+ )?allusers|公開(?:したい|のはず|する|サイトのはず)
        允许匿名|servicio es público
        öffentlich (?:erreichbar|zugänglich)
        accessible publiquement
        """,
    ),
    (
        Told.CALLABLE,
        "callable, oncall, httpscallable",
        r"""
        \bcallables?\b|\boncall\b|httpscallable
        """,
    ),
    (
        Told.APP_VERIFIES_SIGNATURE,
        "signature",
        r"""
        (?:app|application|backend|service|we|it|middleware)\b.{0,60}(?:verif|check|validat)\w* .{0,60}\bsignature
        signature verification|signature does not verify
        """,
    ),
    (
        Told.APP_USES_AUTHORIZATION,
        "authorization",
        r"""
        (?:app|application|client|clients|user|own|firebase|session)(?:'s|s')? (?:own )?(?:jwt|token|session
        ~|bearer).{0,60}\bauthorization\b
        \bauthorization\b.{0,60}(?:app|application|firebase|user|session)'?s? (?:own )?(?:jwt|token|session)
        """,
    ),
    (
        Told.SENDER_WEBHOOK,
        "webhook, web hook",
        r"""
        \b(?:<webhook>)\b.{0,80}\bweb ?hooks?\b|\bweb ?hooks?\b.{0,40}\b(?:from|by|of|sent by|endpoint)\b
        \bweb ?hook (?:sender|provider|delivery|deliveries)
        """,
    ),
    (
        Told.SENDER_BROWSER,
        (
            "browser, visitor, spa, devtools, ブラウザ, 浏览器, 瀏覽器, navegador, браузер, navigateur, 打开, 打開, "
            "react, frontend, vue, angular"
        ),
        r"""
        (?:in|from|with|by) (?:the|a|my|any|their|our) (?:user'?s |web )?browser
        \bbrowser (?:shows?|says?|gets?|sends?|calls?|reports?|console)|\bvisitors (?:get|see|are)|single.page app
        \bspa\b|\bdevtools\b|ブラウザ(?:で|から|に)|浏览器|瀏覽器|打开首页|打開首頁
        desde el navegador|в браузере|im browser
        dans le navigateur|\breact (?:app|frontend)|(?:angular|vue|vite|svelte)\b.{0,40}(?:app|frontend|proxy)
        """,
    ),
    (
        Told.SENDER_APP,
        "flutter, android, ios app, iphone, mobile, dart, dio, react native, swift, kotlin, アプリ, 手机",
        r"""
        \bflutter\b|\bandroid app\b|\bios app\b|\bmobile (?:app|client)|\breact native\b|\bfrom (?:our|my|the) app\b
        """,
    ),
    (
        Told.SENDER_LAPTOP,
        (
            "laptop, my machine, local machine, my mac, localhost, 手元, 本地, локальн, portátil, locally, my pc, "
            "workstation"
        ),
        r"""
        \b(?:my|the|a|our|his|her) (?:laptop|workstation|local machine|pc|macbook|mac)\b
        \bfrom my (?:machine|laptop|computer|desk)|手元の ?(?:mac|pc|マシン|環境)
        我的电脑|本地电脑|\u0441 (?:моего )?ноутбука
        mi portátil
        """,
    ),
    (
        Told.SENDER_OUTSIDE,
        (
            "vercel, netlify, aws, azure, another cloud, on-prem, outside google, heroku, github actions, gitlab "
            "ci, partner, data center, datacenter, cloudflare worker"
        ),
        r"""
        \b(?:on|from|in|at|by) (?:vercel|netlify|aws|azure|heroku|render|fly\.io|railway|digitalocean|another cloud
        ~|on-prem\w*)
        \baws lambda|outside (?:of )?google cloud|\bgithub actions\b|\bgitlab ci\b
        (?:sit|runs?|hosted|live) in another cloud|cloudflare workers?
        """,
    ),
    (
        Told.THROUGH_PROXY,
        "proxy, nginx, envoy, haproxy, traefik, squid, proxied, プロキシ, 代理, прокси, rewrit",
        r"""
        \breverse proxy
        \b(?:through|via|behind|by|over) (?:a |an |our |the |its )?(?:[\w-]+ )?(?:proxy|nginx|envoy|haproxy|traefik
        ~|squid|apache)
        \bnginx\b|\bproxy_pass\b|\bvite\b.{0,20}proxy|logging proxy|プロキシ|squid|rewriting \S+ to https
        """,
    ),
    (
        Told.THROUGH_CDN,
        "cloudflare, cdn, fastly, akamai, cloudfront, orange cloud, 橙云",
        r"""
        \bcloudflare\b(?!.{0,40}(?:dns only|仅 ?dns|灰云|grey cloud|gray cloud|worker))|\bfastly\b|\bakamai\b
        \bcloudfront\b|\b(?:through|behind|via) (?:a |our |the )?cdn\b|orange cloud|橙云
        """,
    ),
    (
        Told.THROUGH_GATEWAY,
        "gateway, apigee, kong, apim, pomerium, 网关, ゲートウェイ, app hosting",
        r"""
        \b(?:api |through |via |behind |our (?:own )?|the |a )gateway\b|\bapigee\b|\bkong\b|\bapim\b|\bpomerium\b|网关
        ゲートウェイ|firebase app hosting|firebase hosting
        """,
    ),
    (
        Told.THROUGH_LOAD_BALANCER,
        "load balancer, loadbalancer, load-balancer, ロードバランサ, 负载均衡, балансировщик",
        r"""
        load[ -]?balancer|ロードバランサ|负载均衡|балансировщик
        """,
    ),
    (
        Told.THROUGH_RUN_PROXY,
        "services proxy, cloud-run-proxy, run proxy",
        r"""
        gcloud (?:beta )?run services proxy|\bcloud-run-proxy\b
        """,
    ),
    (
        Told.PROXY_ENVIRONMENT,
        "http_proxy, https_proxy",
        r"""
        \bhttps?_proxy\b
        """,
    ),
    (
        Told.HOST_REWRITTEN,
        "host",
        r"""
        (?:forwards?|sends?|passes|keeps|preserves?) (?:\w+ ){0,3}(?:original |wrong |its ow
        ~n |own )?[\"'`]?host[\"'`]? ?header
        host header (?:of|is|stays|was|override)|changeorigin|proxy_set_header host
        """,
    ),
)
"""What is told, the words of which one must be there, and the phrases."""
