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
        öffentliche[rns]? (?:dienst|seite|website|api|webhook)
        (?:debe|debería|tiene que|quiero que) (?:\S+ ){0,3}(?:ser|sea|esté) (?:\S+ )?(?:públic|abiert)
        (?:sitio|api|página|web) públic[oa]
        (?:deve|deveria|precisa|quero que) (?:\S+ ){0,3}(?:ser|seja|estar) (?:\S+ )?(?:públic|abert)|acesso público
        site público
        (?:doit|devrait) (?:\S+ ){0,3}être (?:\S+ )?(?:publi|ouvert)|(?:site|service|api|page) publi(?:c|que)\b
        (?:deve|dovrebbe) (?:\S+ ){0,3}essere (?:\S+ )?(?:pubblic|apert)|(?:sito|servizio|api|pagina) pubblic[oa]
        誰でも(?:アクセス|見|使|呼)|一般公開|应该(?:是)?公开|谁都(?:能|可以)访问|누구나 (?:접근|접속|호출|볼)
        공개 (?:서비스|사이트|api)|공개로
        должен быть (?:\S+ )?(?:публичн|открыт|доступен всем)|публичн(?:ый|ого|ым) (?:сервис|сайт|api)
        """,
    ),
    (
        Told.MEANT_PRIVATE,
        "privat, privé, приватн, закрыт, 비공개, 非公開, 私有, 内部服务",
        r"""
        \bprivate[nrsm]? (?:\S+ )?(?:dienst|service|cloud.run)|nicht öffentlich|servi(?:ci|ç)o privad
        (?:servizio|endpoint) privat
        (?:service|api|endpoint)s? (?:cloud run )?privés?\b|tous privés
        (?:приватн|закрыт)\w* (?:\S+ )?(?:сервис|cloud run|эндпоинт)
        비공개 (?:\S+ ){0,2}(?:서비스|엔드포인트)|私有(?:的)? ?(?:服务|cloud run)
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
        Told.HEADER_STRIPPED,
        "authorization",
        r"""
        proxy_set_header\s+[\"']?authorization[\"']?\s+(?:\"\"|'')|requestheader unset [\"']?authorization
        del-header authorization|header_up -authorization
        headers_to_remove.{0,80}authorization|name=[\"']authorization[\"'] exists-action=[\"']delete
        headers?\.(?:delete|remove)\([\"']authorization
        authorization[- ]?(?:header )?(?:\S+ )?(?:entfernt|verschluckt|verworfen|abgeschnitten|kommt nicht an
        ~|geht verloren)|(?:entfernt|verschluckt|verwirft|löscht) (?:den |die )?authorization
        (?:quita|elimina|borra|descarta|pierde) (?:\S+ ){0,4}authorization
        (?:remove|retira|apaga|descarta|perde) (?:o |a )?(?:cabeçalho |header )(?:\S+ )?authorization
        (?:supprime|retire|enlève|perd) (?:\S+ ){0,4}authorization
        (?:rimuove|toglie|elimina|perde) (?:\S+ ){0,4}authorization
        authorization ?(?:ヘッダー?)?(?:が|を|は)(?:\S{0,8})(?:削除|消え|落ち|剥が|届かない)
        (?:去掉|删除|删掉|丢掉|剥离|移除)(?:了)?.{0,6}authorization
        authorization ?(?:头|请求头)?.{0,4}(?:丢失|丢了|被去掉|被删|被移除|没有转发)
        authorization ?(?:헤더)?(?:가|를|이)? ?(?:\S+ )?(?:제거|삭제|사라|전달되지)
        (?:удаляет|вырезает|теряет|отбрасывает|срезает) (?:\S+ ){0,3}authorization
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
        Told.OTHER_PATHS_WORK,
        "200, funktion, funcion, marche, fonctionne, funziona, работа, 됩, 正常, 動",
        r"""
        (?:andere[nr]? pfade?|otras rutas|outras rotas|autres (?:chemins|routes)|altri percorsi|другие пути
        ~|다른 (?:경로|엔드포인트)|他のパス|其他路径)\S{0,6} (?:\S+ ){0,3}(?:200|geh|funktion|funcion|marche
        fonctionne|funziona|работа|됩|正常|動)
        (?:其他路径|他のパスは?|다른 경로는?)\S{0,10}(?:200|正常|動|됩)
        (?:访问|请求|アクセス) ?/[\w./-]{1,80} ?(?:是|返回|为|は) ?200
        (?<!\S)/[\w./-]{1,80} (?:gibt|liefert|geht|devuelve|devolve|renvoie|répond|restituisce|отдаёт|возвращает|는
        ~|은) (?:\S+ )?200
        """,
    ),
    (
        Told.WORKED_AN_HOUR,
        "stunde, hora, heure, ora , un'ora, час, 시간, 時間, 小时",
        r"""
        (?:nach|etwa|rund|genau) (?:\S+ )?(?:einer|1) stunde|eine stunde lang
        (?:durante|después de|tras|após|depois de|por|cerca de) (?:\S+ )?(?:una|uma|1) hora\b
        (?:pendant|après|au bout d)\W? ?(?:\S+ )?(?:une|1) ?heure|(?:per|dopo) (?:circa )?(?:un'|1 )ora\b
        (?:через|спустя|после) (?:примерно |около )?(?:один |1 |одного )?час
        (?:약 )?(?:1|한) ?시간(?: ?(?:뒤|후|정도|쯤|마다|이 지나))|(?:1|一)時間(?:後|ほど|経|たつ|で)
        (?:1|一)个?小时(?:后|後|左右|之后|以后)
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
        Told.RECREATED,
        (
            "neu erstellt, gelöscht, elimin, borr, recri, recre, supprim, cancell, ricre, удал, пересозд, 삭제, "
            "다시 만들, 削除, 作り直, 重建, 删"
        ),
        r"""
        neu (?:erstellt|angelegt)|gelöscht und (?:\S+ ){0,2}(?:neu|wieder)
        (?:borr|elimin)\S+ y (?:\S+ ){0,3}(?:cre|volv)|(?:apag|exclu|delet)\S+ e (?:\S+ ){0,2}(?:recri|cri)|recriad
        recread
        (?:supprimé|effacé)\S* (?:puis|et) (?:\S+ ){0,2}(?:recréé|créé)|recréé
        (?:cancellato|eliminato) e (?:\S+ )?(?:ricreato|creato)|ricreat|удалил\S* и (?:\S+ ){0,2}созда|пересоздал
        삭제(?:하고|했다가|한 뒤|후) (?:\S+ ){0,3}(?:다시|새로)|다시 만들|削除して\S{0,10}作|作り直
        删(?:除|掉)\S{0,8}(?:重新|再)(?:创建|建)|重新?建
        """,
    ),
    (
        Told.ROLE_GRANTED,
        "invoker, aufrufer",
        r"""
        (?:<role>)\S* (?:\S+ ){0,4}(?:hat|vergeben|gesetzt|tiene|asignad|concedid|tem|atribuíd|accordé|donné
        ~|assegnat|ha|выдан|назначен|есть|있|부여|付与|つい|授予|已有)
        (?:hat|haben|tiene|tienen|tem|têm|possui|a bien|possède|ha|hanno|имеет|есть роль) (?:\S+ ){0,5}(?:<role>)
        (?:已授予|已经有|拥有|给了).{0,20}(?:<role>)
        """,
    ),
    (
        Told.NO_REQUEST_LOG,
        "log, лог, журнал, 로그, ログ, 日志",
        r"""
        kein(?:en|e)? (?:\S+ )?(?:eintrag|einträge|zeile) (?:\S+ ){0,2}(?:request-?)?log
        (?:nichts|taucht nicht) (?:\S+ ){0,2}im (?:request-?)?log
        (?:nada|ninguna (?:línea|entrada)|ningún registro) en (?:\S+ ){0,2}(?:log|registro)
        (?:nada|nenhuma (?:linha|entrada)) nos? (?:\S+ )?(?:log|registro)
        (?:rien|aucune (?:ligne|entrée)) dans (?:\S+ )?(?:log|journ)|(?:niente|nessuna (?:riga|voce)) nei? log
        в (?:логах|журнале) (?:\S+ ){0,2}(?:ничего|пусто|нет)|로그(?:에|에는)? ?(?:\S+ )?(?:아무것도|없|안 남)
        ログに(?:は)?\S{0,12}(?:無い|ない|出ない|残らない|ありません)|日志(?:里|中)?\S{0,6}(?:没有|什么都没)
        """,
    ),
    (
        Told.APP_SAW_NOTHING,
        "erreicht, llega, chega, arrive, arriva, доход, 도달, 届, 到达",
        r"""
        (?:kommt|kommen) (?:\S+ ){0,3}(?:nie|nicht|gar nicht) (?:\S+ ){0,3}(?:app|anwendung|container|code) an
        erreicht (?:\S+ ){0,3}(?:nie|nicht)
        (?:nunca|no) llega a(?:l| la) (?:\S+ )?(?:app|aplicación|contenedor|código)
        (?:nunca|não) chega (?:ao?|no) (?:\S+ )?(?:app|aplicação|container|código)
        n'(?:arrive|atteint) (?:jamais|pas) (?:\S+ ){0,3}(?:app|application|conteneur|code)
        non arriva (?:mai )?(?:\S+ )?(?:app|applicazione|container|codice)
        не доход\S+ до (?:\S+ )?(?:приложения|контейнера|кода)|(?:앱|컨테이너|코드)(?:에|까지) (?:\S+ )?도달하지
        アプリ(?:まで|に)は?届(?:か|い)|(?:没有|没)到达(?:应用|容器)
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
    (
        Told.INTERNAL_INGRESS,
        "ingress, eingehend, entrada, entrant, ingresso, входящ, 인그레스, 수신, 上り, 内向き, 入口, 入站",
        r"""
        (?:ingress|eingehend\S*).{0,40}\bintern\b|(?:ingress|entrada).{0,40}\bintern[oa]
        (?:ingress|entrant\S*).{0,40}\binterne|(?:ingress|ingresso).{0,40}\bintern[oa]
        (?:ingress|входящ\S*).{0,40}внутренн|(?:ingress|인그레스|수신).{0,20}내부|(?:ingress|上り|内向き).{0,20}内部
        (?:ingress|入口|入站).{0,20}内部
        """,
    ),
    (
        Told.CLOCK_OFF,
        "uhr, reloj, relógio, horloge, orologio, часы, 시계, 시간이, 時計, 时钟, 系统时间",
        r"""
        uhr (?:\S+ ){0,4}(?:geht|lief|läuft|ist) (?:\S+ )?(?:falsch|vor|nach|daneben)
        reloj (?:\S+ ){0,5}(?:adelantad|atrasad|desajustad|mal)|relógio (?:\S+ ){0,5}(?:adiantad|atrasad|errad)
        horloge (?:\S+ ){0,5}(?:décalée|fausse|en avance|en retard)
        orologio (?:\S+ ){0,5}(?:avanti|indietro|sbagliat|sfasat)|часы (?:\S+ ){0,4}(?:спешат|отстают|сбил)
        시계가 (?:\S+ )?(?:틀|어긋|빠르|느리)|時計が\S{0,8}(?:ずれ|狂|進|遅)
        (?:时钟|系统时间)\S{0,6}(?:不准|偏|慢了|快了|不同步)
        """,
    ),
    (
        Told.IS_OWNER,
        "inhaber, eigentümer, propietari, proprietári, propriétaire, proprietario, владел, 소유자, オーナー, 所有者",
        r"""
        (?:ich bin|bin|wir sind|als) (?:\S+ )?(?:inhaber|eigentümer|owner)\b|(?:soy|somos) (?:\S+ )?propietari
        sou (?:\S+ )?proprietári|(?:je suis|en tant que) (?:\S+ )?(?:propriétaire|owner)|sono (?:\S+ )?proprietari
        (?:я|являюсь) (?:\S+ )?владел|(?:저는|제가|나는) (?:\S+ )?(?:소유자|owner)
        (?:オーナー|所有者)(?:です|なの|権限)|我是.{0,8}所有者
        """,
    ),
)
"""What is told, the words of which one must be there, and the phrases."""
