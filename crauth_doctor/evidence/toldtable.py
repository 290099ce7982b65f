# ruff: noqa: RUF001 - these are the letters of those languages
"""Families of phrases by which people say who calls and what stands between, which no log says.

Conservative: a phrase that could mean two things is left out. All in lower case; hints first, see `phrases`. First in
English; then in German, Spanish, Portuguese, French, Italian, Japanese, Chinese, Korean and Russian.
"""

from __future__ import annotations

from ..model.told import Told
from .phrases import pattern, words

_MACROS = {
    "webhook": (
        r"stripe|github|gitlab|bitbucket|slack|twilio|sendgrid|mailgun|shopify|paypal|telegram|discord|line|hubspot|zapier|jira|"
        r"docusign|plaid|razorpay|paddle|square|adyen|whatsapp|meta|facebook|calendly|intercom|zendesk|linear|clerk|resend|postmark"
    ),
}

_ROWS: tuple[tuple[Told, str, str], ...] = (
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
        Told.THROUGH_GATEWAY,
        "gateway, apigee, kong, apim, pomerium, 网关, ゲートウェイ, app hosting",
        r"""
        \b(?:api |through |via |behind |our (?:own )?|the |a )gateway\b|\bapigee\b|\bkong\b|\bapim\b|\bpomerium\b|网关
        ゲートウェイ|firebase app hosting|firebase hosting
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
        Told.OTHER_CALLER_WORKS,
        "works from, from ci, same api, gives 200, works in the browser, public clients",
        r"""
        (?:token|call|request|it) (?:that )?works from\b|from a browser .{0,80}(?:gives|returns|is) 200
        works in the browser|(?:public|other) (?:clients|callers) are fine
        """,
    ),
    (
        Told.SENDER_WEBHOOK,
        "webhook, вебхук, 웹훅, ウェブフック",
        r"""
        webhooks? (?:von|de|da|do|di|du|от|from) \S+|(?:вебхук|webhook)\w* (?:от|из) |웹훅(?:이|을|은| 요청)
        (?:ウェブフック|webhook)(?:が|を|の|から)|webhook ?(?:请求|回调)
        """,
    ),
    (
        Told.SENDER_BROWSER,
        "browser, navegador, navigateur, браузер, 브라우저, ブラウザ, 浏览器",
        r"""
        (?:im|aus dem|vom) browser|(?:no|pelo|desde el|en el|del|do) navegador|(?:dans le|depuis le|du) navigateur
        (?:dal|nel) browser
        (?:в|из) браузер[еа]|브라우저(?:에서|로|가)|ブラウザー?(?:で|から|に|が)|(?:在|从|用)浏览器
        """,
    ),
    (
        Told.SENDER_APP,
        "app, приложени, 앱, アプリ, 手机, 小程序",
        r"""
        (?:mobil|handy|android|ios|iphone)-?app\b|(?:aplicaci[oó]n|aplicativo|app) (?:m[oó]vil|móvel|de android|ios)
        application mobile|app mobile
        мобильн\w+ приложени|(?:모바일|안드로이드|아이폰) ?앱|(?:モバイル|スマホ|android|ios)の?アプリ
        手机(?:应用|app|客户端)
        """,
    ),
    (
        Told.SENDER_LAPTOP,
        (
            "laptop, rechner, notebook, portátil, mi máquina, minha máquina, mon poste, ordinateur, portatile, "
            "ноутбук, 노트북, 로컬, ローカル, 本地, 本机, 笔记本, pc"
        ),
        r"""
        (?:vom|auf dem|von meinem|auf meinem|am|mit dem) (?:laptop|rechner|notebook|mac|macbook|pc)\b
        (?:desde|en) (?:mi|el|su) (?:portátil|laptop|máquina|ordenador|pc|mac)
        (?:do|no|da|na) (?:meu|minha) (?:notebook|laptop|máquina|computador|pc)
        (?:depuis|sur) (?:mon|ma|le|un) (?:poste|ordinateur|portable|laptop|mac|pc|machine)
        (?:dal|sul) (?:mio )?(?:portatile|laptop|pc|computer|mac)
        (?:с|на) (?:моего |моём |моем |своего )?(?:ноутбук|компьютер)|(?:내|제) ?(?:노트북|pc|맥북|컴퓨터)
        노트북에서|로컬(?:에서| pc| 환경)
        ローカル(?:環境|マシン|pc|から)|(?:手元|自分)の ?(?:pc|mac|マシン)|(?:在|从)(?:我的?)?(?:本机|本地电脑|笔记本)
        """,
    ),
    (
        Told.THROUGH_PROXY,
        "proxy, прокси, 프록시, プロキシ, 代理",
        r"""
        (?:über|hinter|durch) (?:einen |einem |den |dem |unseren |unserem )?(?:\S+[ -])?proxy
        (?:detrás de|a través de|por|atrás de|através de) (?:un |um |el |o |nuestro )?proxy
        (?:derrière|via|par) (?:un |le |notre )?(?:reverse )?proxy
        (?:dietro|tramite|attraverso) (?:un |il )?(?:reverse )?proxy|через (?:\S+ )?прокси
        프록시(?:를|가|에서|를 통)|プロキシ|(?:经过|通过|走)(?:了)?代理
        """,
    ),
)
"""What is told, the words of which one must be there, and the phrases."""

FAMILIES = tuple((told, words(hints), pattern(block, _MACROS)) for told, hints, block in _ROWS)
"""What is told, the words of which one must be there, and the pattern, all in lower case."""
