# MoniDesk's commands. `make demo` and `make test` need nothing but make, git and Python 3.11 or newer.
PYTHON ?= python3
IN = .venv/bin/
RUN = $(IN)python -m
DATABASE = $(RUN) monidesk.embedded
WORKERS ?= 2
export PORT MONIDESK_VAR MONIDESK_NO_DEMO_DATA

.DEFAULT_GOAL := help
.PHONY: help demo test ready ready-dev lint types checks pytest mutations story bench soak audit format migrate db db-stop \
	db-shell bare contract words pin

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: ready ## start everything on this machine; Ctrl-C stops it
	@$(RUN) monidesk.demo_run

test: ready-dev lint types checks pytest ## everything that CI runs

ready:
	@$(PYTHON) deploy/prepare.py

ready-dev:
	@$(PYTHON) deploy/prepare.py --dev

lint: ready-dev ## style, import layers, templates, architecture rules
	$(IN)ruff check .
	$(IN)ruff format --check .
	$(IN)lint-imports
	$(RUN) tests.architecture
	$(IN)djlint templates --lint --quiet

types: ready-dev ## types, without a gap where money and rights are written
	$(IN)mypy

checks: ready-dev ## missing migrations, and Django's own checks with production settings
	@echo "Missing migrations, and production settings"
	@$(DATABASE) run -- $(IN)python manage.py makemigrations --check --dry-run
	@MONIDESK_PRODUCTION=1 SECRET_KEY=$$($(IN)python -c "import secrets; print(secrets.token_urlsafe(64))") \
		VAULT_KEYS=$$($(IN)python -c "import base64, os; print('1:' + base64.b64encode(os.urandom(32)).decode())") \
		ALLOWED_HOSTS=shop.example PUBLIC_BASE_URL=https://shop.example \
		DATABASE_URL=postgresql://monidesk_app:password@db:5432/monidesk \
		DATABASE_OWNER_URL=postgresql://monidesk:password@db:5432/monidesk CELERY_BROKER_URL=redis://redis:6379/0 \
		$(IN)python manage.py check --deploy --fail-level WARNING

pytest: ready-dev
	$(DATABASE) run -- $(RUN) pytest -n $(WORKERS) --dist worksteal -q --durations=15 $(ARGS)

mutations: ready-dev ## take each safeguard out and see that its tests notice
	$(DATABASE) run -- $(RUN) tests.mutations

story: ready-dev ## one story: make story N=02
	@test -n "$(N)" || { echo "Which one? For example: make story N=02"; exit 2; }
	$(DATABASE) run -- $(RUN) pytest -n 0 -v -m "" tests/stories/test_s$(N)*.py $(ARGS)

bench: ready-dev ## measure the machine's limits and MoniDesk in one run; writes var/bench.json
	$(DATABASE) run --durable -- $(RUN) bench $(ARGS)

soak: ready-dev ## the long proofs: kills and contention many times over
	$(DATABASE) run --durable -- $(RUN) pytest -n 0 -v -m soak $(ARGS)

audit: ready-dev ## ask PyPI whether a pinned library has a known fault; needs the network
	$(PYTHON) -m venv var/audit
	var/audit/bin/pip install --quiet pip-audit==2.10.1
	var/audit/bin/pip-audit --strict --no-deps --disable-pip -r requirements.txt -r requirements-telemetry.txt

format: ready-dev ## put the code into its shape
	$(IN)ruff check --fix .
	$(IN)ruff format .

migrate: ready db ## bring the demo's database to the state of the code
	$(RUN) monidesk.prepare

db: ready ## start the embedded database alone
	@$(DATABASE) start

db-stop: ready ## stop it
	@$(DATABASE) stop

db-shell: ready ## psql on it
	@$(DATABASE) psql

bare: ## prove both commands in a bare Debian 12 (root; takes long): make bare
	sh deploy/bare_debian.sh $(ARGS)

contract: ready-dev ## write the API's contract anew, to be read in the change
	$(IN)python manage.py error_codes
	$(DATABASE) run -- $(IN)python manage.py spectacular --validate --fail-on-warn --file tests/contract/openapi.yaml

words: ready-dev ## write what forms and the API say of faulty input anew, from locale/en/LC_MESSAGES/django.po
	$(IN)pybabel compile -d locale -D django

pin: ready-dev ## write requirements*.txt from what is installed
	$(IN)python deploy/pin.py
