"""What stands around evidence and says nothing of the call: people's sentences, and what belongs to another service."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = (
    # In English, negations first
    "There is no Identity-Aware Proxy in front.",
    "There is no load balancer and no Cloud Armor policy in front of it.",
    "We don't use VPC Service Controls in this organization.",
    "The token is not expired, I checked that first.",
    "No deny policy is attached anywhere in our organization.",
    "The service account was not deleted and recreated.",
    "It is not an ingress problem, as far as I can tell.",
    "We never set a custom audience on anything.",
    "This has nothing to do with CORS or a preflight.",
    "Nobody removed a role, according to the audit log.",
    # Questions in English
    "Is it public?",
    "Does the caller need roles/run.invoker?",
    "Could the audience be wrong?",
    "Should I set ingress to all?",
    "Do I have to disable the invoker IAM check?",
    "Is there a way to see which token was sent?",
    # Third parties, other services and other times
    "Our public website calls the private orders service.",
    "The DNS record was recreated last week.",
    "The staging copy of this service allows unauthenticated invocations.",
    "A colleague's job had an expired token last month, that was something else.",
    "The other team's service sits behind Identity-Aware Proxy.",
    "Last year we had a similar issue with a deleted service account.",
    "The frontend uses Firebase Authentication for its users.",
    "The database migration was rolled back yesterday evening.",
    "Our scheduler job runs at midnight and has always worked.",
    # What was pasted, documentation, politeness
    "I removed the Authorization header from this output.",
    "I replaced the token and the project number before I posted this.",
    "See the docs on iam.allowedPolicyMemberDomains; we do not use it.",
    "See https://cloud.google.com/run/docs/securing/ingress for what the ingress settings mean.",
    "status 403 means that the middleware refused",
    "A 401 would mean that the token is missing or wrong.",
    "The documentation says that internal services answer 404 to outsiders.",
    "Thanks in advance for any help!",
    "Any ideas?",
    "We deploy with Terraform and GitHub Actions.",
    # German
    "Davor steht kein Identity-Aware Proxy.",
    "Der Token ist nicht abgelaufen.",
    "Ist der Dienst öffentlich?",
    "Unsere öffentliche Webseite ruft den privaten Bestelldienst auf.",
    "Den Authorization-Header habe ich aus der Ausgabe entfernt.",
    "Letzte Woche wurde das Dienstkonto eines anderen Teams gelöscht.",
    "Vielen Dank im Voraus!",
    # Japanese
    "前段に Identity-Aware Proxy はありません。",
    "トークンの有効期限は切れていません。",
    "このサービスは公開されていますか?",
    "別のチームのサービスは未認証の呼び出しを許可しています。",
    "よろしくお願いします。",
    # French
    "Il n'y a pas d'Identity-Aware Proxy devant.",
    "Le jeton n'a pas expiré.",
    "Est-ce que le service est public ?",
    "J'ai retiré l'en-tête Authorization de cette sortie.",
    "Notre site public appelle le service privé des commandes.",
    # Spanish
    "No hay ningún Identity-Aware Proxy delante.",
    "El token no ha caducado.",
    "¿El servicio es público?",
    "He quitado la cabecera Authorization de esta salida.",
    "La semana pasada se recreó el registro DNS.",
    # Portuguese
    "Não há nenhum Identity-Aware Proxy na frente.",
    "O token não expirou.",
    "O serviço é público?",
    "Removi o cabeçalho Authorization desta saída.",
    "A equipe ao lado permite chamadas não autenticadas no serviço dela.",
)
"""None of these says what is wrong: negations, questions, third parties, other times, politeness."""

_HOST: Final = "https://billing-998877665544.europe-west4.run.app"
_HEAD: Final = """content-type: text/html; charset=UTF-8
date: Mon, 01 Jun 2026 08:59:12 GMT
server: Google Frontend
"""


def _page(status: str, text: str) -> str:
    return f"""<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>{status}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: {status.partition(" ")[2]}</h1>
<h2>{text}</h2>
<h2></h2>
</body></html>
"""


_NOT_AUTHENTICATED: Final = (
    "The request was not authenticated. Either allow unauthenticated invocations or set the proper "
    "Authorization header. Read more at https://cloud.google.com/run/docs/securing/authenticating"
)

REFUSALS: Final = {
    "another service's 403": f"""$ curl -i -H "Authorization: Bearer $TOKEN" {_HOST}/v1/invoices
HTTP/2 403
{_HEAD}
"""
    + _page(
        "403 Forbidden", "Your client does not have permission to get URL <code>/v1/invoices</code> from this server."
    ),
    "another service's 401": f"""$ curl -i -H "Authorization: Bearer $TOKEN" {_HOST}/v1/invoices
HTTP/2 401
www-authenticate: Bearer error="invalid_token" error_description="The access token could not be verified"
{_HEAD}
"""
    + _page("401 Unauthorized", "Your client does not have permission to the requested URL <code>/v1/invoices</code>."),
    "another service's 404": f"""$ curl -i {_HOST}/v1/invoices
HTTP/2 404
{_HEAD}
"""
    + _page("404 Page not found", "The requested URL was not found on this server."),
    "another service's status line": (
        f"requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: {_HOST}/v1/invoices\n"
    ),
    "another service's request log": f"""{{
  "httpRequest": {{
    "latency": "0s",
    "requestMethod": "GET",
    "requestUrl": "{_HOST}/v1/invoices",
    "status": 403
  }},
  "logName": "projects/ledger-prod/logs/run.googleapis.com%2Frequests",
  "resource": {{
    "labels": {{"location": "europe-west4", "project_id": "ledger-prod", "service_name": "billing"}},
    "type": "cloud_run_revision"
  }},
  "severity": "WARNING",
  "textPayload": "{_NOT_AUTHENTICATED}",
  "timestamp": "2026-06-01T08:59:12.104511Z"
}}
""",
    "a third party's 401": """Traceback (most recent call last):
  File "/srv/app/sync.py", line 41, in main
    response.raise_for_status()
requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://api.github.com/repos/example/books
""",
}
"""Refusals of a service that nobody asks about, in a project of its own, or of no service at all."""

_JOB: Final = "$ gcloud scheduler jobs describe close-books --location=europe-west4 --project=ledger-prod"
_GET_POLICY: Final = "$ gcloud run services get-iam-policy billing --region=europe-west4 --project=ledger-prod"
_DESCRIBE: Final = "$ gcloud run services describe billing --region=europe-west4 --project=ledger-prod"

SETTINGS: Final = {
    "another service's policy": f"""{_GET_POLICY}
bindings:
- members:
  - serviceAccount:cashier@ledger-prod.iam.gserviceaccount.com
  role: roles/run.invoker
etag: BwYp4ZkqS1c=
version: 1
""",
    "another service's public policy": f"""{_GET_POLICY} --format=json
{{
  "bindings": [
    {{
      "members": [
        "allUsers"
      ],
      "role": "roles/run.invoker"
    }}
  ],
  "etag": "BwYp4ZkqS1c=",
  "version": 1
}}
""",
    "another service's empty policy": f"""{_GET_POLICY}
etag: ACAB
""",
    "another service's settings": f"""{_DESCRIBE}
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  annotations:
    run.googleapis.com/ingress: internal
    run.googleapis.com/ingress-status: internal
    run.googleapis.com/urls: '["{_HOST}"]'
  labels:
    cloud.googleapis.com/location: europe-west4
  name: billing
  namespace: '998877665544'
spec:
  template:
    spec:
      containers:
      - image: europe-west4-docker.pkg.dev/ledger-prod/apps/billing
      serviceAccountName: billing-run@ledger-prod.iam.gserviceaccount.com
  traffic:
  - latestRevision: true
    percent: 100
status:
  url: {_HOST}
""",
    "another service's job": f"""{_JOB}
httpTarget:
  httpMethod: POST
  oidcToken:
    audience: {_HOST}
    serviceAccountEmail: cashier@ledger-prod.iam.gserviceaccount.com
  uri: {_HOST}/close
name: projects/ledger-prod/locations/europe-west4/jobs/close-books
state: ENABLED
""",
}
"""Exports of that service: they name it, and nothing of them is true of the callee."""

_DEPLOY: Final = "$ gcloud run deploy billing --region=europe-west4 --project=ledger-prod --allow-unauthenticated"

ASIDES: Final = {
    "another service's answer": f"""$ curl -i -H "Authorization: Bearer $TOKEN" {_HOST}/v1/invoices
HTTP/2 200
content-type: application/json
x-cloud-trace-context: 0f1e2d3c4b5a69788796a5b4c3d2e1f0;o=1
date: Mon, 01 Jun 2026 08:59:12 GMT
server: Google Frontend

{{"invoices": []}}
""",
    "another service's deploy": f"""{_DEPLOY}
Deploying container to Cloud Run service [billing] in project [ledger-prod] region [europe-west4]
OK Deploying... Done.
  OK Creating Revision...
  OK Routing traffic...
  OK Setting IAM Policy...
Done.
Service [billing] revision [billing-00042-xav] has been deployed and is serving 100 percent of traffic.
Service URL: {_HOST}
""",
    "a bucket's policy": """$ gcloud storage buckets get-iam-policy gs://ledger-prod-exports
bindings:
- members:
  - allUsers
  role: roles/storage.objectViewer
etag: CAI=
""",
    "a plan of other resources": """Terraform will perform the following actions:

  # google_storage_bucket.exports will be created
  + resource "google_storage_bucket" "exports" {
      + location = "EUROPE-WEST4"
      + name     = "ledger-prod-exports"
    }

  # google_cloud_run_v2_service_iam_member.billing will be created
  + resource "google_cloud_run_v2_service_iam_member" "billing" {
      + location = "europe-west4"
      + member   = "serviceAccount:cashier@ledger-prod.iam.gserviceaccount.com"
      + name     = "billing"
      + project  = "ledger-prod"
      + role     = "roles/run.invoker"
    }

Plan: 2 to add, 0 to change, 0 to destroy.
""",
    "a deployment of Kubernetes": f"""apiVersion: apps/v1
kind: Deployment
metadata:
  name: ledger-web
spec:
  template:
    spec:
      serviceAccountName: ledger-web
      containers:
      - name: web
        image: europe-west4-docker.pkg.dev/ledger-prod/apps/web:1.4
        env:
        - name: BILLING_URL
          value: {_HOST}
""",
    "a part of a lock file": """Our package-lock.json has
    "node_modules/google-auth-library": {
      "version": "9.15.0",
      "resolved": "https://registry.npmjs.org/google-auth-library/-/google-auth-library-9.15.0.tgz",
      "engines": {
        "node": ">=14"
      }
    },
""",
}
"""What stands beside a paste and tells of no refusal: of that service, or of no service at all."""


def icon(host: str) -> str:
    """Return a call to the service itself that browsers make by themselves, and that its application answers."""
    return f"""$ curl -i https://{host}/favicon.ico
HTTP/2 404
content-type: text/plain
x-cloud-trace-context: 0f1e2d3c4b5a69788796a5b4c3d2e1f0;o=1
date: Mon, 01 Jun 2026 08:59:12 GMT
server: Google Frontend
content-length: 9

Not Found
"""
