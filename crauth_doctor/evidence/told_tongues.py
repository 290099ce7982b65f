# ruff: noqa: RUF001 - these are the letters of those languages
"""The same things in German, Spanish, Portuguese, French, Italian, Japanese, Chinese, Korean and Russian.

Conservative, as in English: a phrase that could mean two things is left out. All in lower case; hints first,
see `phrases`.
"""

from __future__ import annotations

from ..model.told import Told

ROWS: tuple[tuple[Told, str, str], ...] = (
    (
        Told.MEANT_PUBLIC,
        (
            "öffentlich, públic, pubblic, publi, публичн, 공개, 公開, 公开, alle, todos, tous, tutti, всем, "
            "누구나, 谁都, 誰でも"
        ),
        r"""
        (?:soll|sollte|muss|müsste) (?:\S+ ){0,3}(?:öffentlich|für alle (?:offen|erreichbar))
        (?:debe|debería|tiene que|quiero que) (?:\S+ ){0,3}(?:ser|sea|esté) (?:\S+ )?(?:públic|abiert)
        (?:deve|deveria|precisa|quero que) (?:\S+ ){0,3}(?:ser|seja|estar) (?:\S+ )?(?:públic|abert)
        (?:doit|devrait) (?:\S+ ){0,3}être (?:\S+ )?(?:publi|ouvert)
        (?:deve|dovrebbe) (?:\S+ ){0,3}essere (?:\S+ )?(?:pubblic|apert)
        誰でも(?:アクセス|見|使|呼)|应该(?:是)?公开|谁都(?:能|可以)访问|누구나 (?:접근|접속|호출|볼)
        должен быть (?:\S+ )?(?:публичн|открыт|доступен всем)
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
        Told.SENDER_OUTSIDE,
        (
            "aws, azure, on-prem, vercel, rechenzentrum, andere cloud, otra nube, outra nuvem, autre cloud, "
            "自社, 오프라인, 온프레"
        ),
        r"""
        (?:aus|in|bei|auf|von) (?:aws|azure|vercel|netlify|einem rechenzentrum|einer anderen cloud)\b
        (?:desde|en|no|na|da|dans|depuis|chez|su|da) (?:aws|azure|vercel|netlify|hetzner|ovh)\b
        (?:otra|outra) (?:nube|nuvem)|un autre cloud|altro cloud|(?:из|в|на) (?:aws|azure|vercel)\b
        (?:aws|azure|vercel)(?:から|에서|上の|上的)|온프레미스|オンプレ
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
    (
        Told.THROUGH_LOAD_BALANCER,
        (
            "lastverteil, balanceador, répartiteur, bilanciatore, балансир, 로드밸런서, 로드 밸런서, "
            "ロードバランサ, 负载均衡"
        ),
        r"""
        lastverteiler|balanceador (?:de cargas?|de carga)|répartiteur de charge|bilanciatore (?:di carico)?
        балансировщик|로드 ?밸런서|ロードバランサ|负载均衡
        """,
    ),
    (
        Told.DIRECT_WORKS,
        "direkt, direct, diret, напрямую, 직접, 直接",
        r"""
        direkt (?:auf|an|gegen|über) (?:\S+ ){0,4}(?:geht|klappt|funktioniert|200)
        (?:directamente|diretamente|directo) (?:a|al|contra|no|na|para|ao) (?:\S+ ){0,4}(?:funciona|200)
        (?:en direct|directement) (?:\S+ ){0,5}(?:marche|fonctionne|200)|direttamente (?:\S+ ){0,5}(?:funziona|200)
        напрямую (?:\S+ ){0,5}(?:работает|200)|직접 (?:\S+ ){0,4}(?:됩니다|된다|성공|200)
        直接(?:访问|调用|请求|叩|呼)\S{0,20}(?:200|正常|成功|没问题|動|通)
        """,
    ),
    (
        Told.WORKED_BEFORE,
        (
            "bis , früher, gestern, antes, hasta, até, ontem, avant, jusqu, hier, prima, fino a, ieri, раньше, "
            "вчера, 어제, 전에는, 以前, 昨日, 之前, 昨天"
        ),
        r"""
        (?:bis gestern|gestern noch|bis (?:letzte|vorige)\w* \S+|früher|vorher) (?:\S+ ){0,4}(?:ging|funktionier
        ~|lief|klappte)|(?:ging|funktionierte|lief) (?:\S+ ){0,3}(?:bis gestern|früher|vorher|noch gestern)
        (?:antes|hasta ayer|hasta hoy) (?:\S+ ){0,3}funcionaba|(?:antes|até ontem|até hoje) (?:\S+ ){0,3}funcionava
        funcionaba (?:\S+ )?(?:antes|hasta)|funcionava (?:\S+ )?(?:antes|até)
        (?:avant|jusqu'à (?:hier|ce matin)|hier encore) (?:\S+ ){0,4}(?:marchait|fonctionnait)
        (?:marchait|fonctionnait) (?:\S+ ){0,2}(?:avant|jusqu|hier)
        (?:prima|fino a ieri) (?:\S+ ){0,3}funzionava|funzionava (?:\S+ )?(?:prima|fino)
        (?:раньше|до вчера|ещё вчера|вчера) (?:\S+ ){0,4}работал
        (?:어제까지|전에는|예전에는|이전에는) ?(?:\S+ ){0,3}(?:됐|되던|잘 되|동작|작동)
        (?:昨日まで|以前は|前は)\S{0,20}(?:動い|通っ|使え|問題な)|(?:之前|昨天)\S{0,10}(?:正常|可以|没问题|好的|能)
        """,
    ),
    (
        Told.WORKS_LATER,
        "später, después, depois, plus tard, dopo, позже, через, 뒤, 후, 後, 后",
        r"""
        (?:minuten|sekunden) später (?:\S+ ){0,5}(?:geht|klappt|funktioniert|200|grün)
        (?:minutos|segundos) (?:después|más tarde|depois) (?:\S+ ){0,5}(?:funciona|200)
        (?:minutes|secondes) plus tard (?:\S+ ){0,5}(?:marche|fonctionne|passe|200)
        (?:minuti|secondi) dopo (?:\S+ ){0,5}(?:funziona|200)
        (?:через|спустя) (?:\S+ )?(?:минут|секунд)\w* (?:\S+ ){0,5}(?:работает|200|проходит)
        몇? ?분 ?(?:뒤|후)\S{0,4} (?:\S+ ){0,4}(?:됩|성공|200)|数?分後\S{0,20}(?:成功|通る|200|動)
        """,
    ),
    (
        Told.JUST_GRANTED,
        "gerade, soeben, acabo, acabei, viens, appena, только что, 방금, 直後, 刚",
        r"""
        (?:gerade|soeben|eben) (?:\S+ ){0,5}(?:rolle|invoker|berechtigung)
        acab(?:o|amos) de (?:dar|conceder|asignar|añadir)|acab(?:ei|amos) de (?:dar|conceder|atribuir|adicionar)
        (?:viens|venons) d(?:e |')(?:donner|ajouter|accorder|attribuer)
        (?:appena|da poco) (?:dato|aggiunto|concesso|assegnato)|только что (?:выдал|добавил|назначил|дал)
        방금 (?:\S+ ){0,4}(?:부여|추가)|(?:付与|追加|設定)(?:した)?(?:直後|ばかり)|刚刚?(?:授权|授予|添加|给了|加了)
        """,
    ),
    (
        Told.JUST_DEPLOYED,
        "deploy, despleg, déploi, implant, 배포, デプロイ, 部署, деплой",
        r"""
        (?:direkt|kurz|unmittelbar|gleich) nach dem deploy
        (?:justo|inmediatamente) (?:después|tras) (?:de )?(?:\S+ )?(?:desplieg|deploy)
        logo (?:depois|após) (?:\S+ )?(?:deploy|implant)
        juste après (?:\S+ )?(?:déploi|deploy)|subito dopo (?:\S+ )?deploy|сразу после деплоя|배포 ?직후
        デプロイ直後|刚部署|部署后立即
        """,
    ),
    (
        Told.AFTER_DEPLOY,
        "deploy, despleg, desplieg, déploi, implanta, 배포, デプロイ, 部署, деплоя",
        r"""
        (?:seit|nach) (?:dem|einem|jedem|unserem|dem letzten) (?:\S+ )?(?:deploy|release)
        (?:desde|después d|tras)\S* (?:\S+ ){0,2}(?:desplieg|deploy)
        (?:desde|depois d|após)\S* (?:\S+ ){0,2}(?:deploy|implanta)
        (?:depuis|après) (?:\S+ ){0,2}(?:déploi|deploy)|(?:dopo|dal) (?:\S+ ){0,2}deploy
        (?:после|с момента) (?:\S+ )?деплоя|배포(?:한)? ?(?:후|뒤|이후)|デプロイ(?:後|したら|してから|以降)
        (?:重新)?部署(?:后|之后|以后)
        """,
    ),
    (
        Told.DOMAIN_MAPPED,
        "domain, dominio, domínio, domaine, домен, 도메인, ドメイン, 域名",
        r"""
        (?:eigene|benutzerdefinierte)\w* domain|dominio (?:personalizado|propio|personalizzato)
        domínio (?:personalizado|próprio)|domaine personnalisé|(?:свой|собственн\S+|кастомн\S+) домен|커스텀 도메인
        사용자 지정 도메인|独自ドメイン|カスタムドメイン|自定义域名
        """,
    ),
)
"""What is told, the words of which one must be there, and the phrases."""
