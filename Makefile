# `make demo` and `make test` are all that a fresh clone needs.
PYTHON ?= python3
PHOTO ?= examples/demo.jpg
VENV := .venv
DEMO_VENV := .venv-demo
INSTALL := -m pip install --disable-pip-version-check --quiet --constraint constraints.txt

.PHONY: help setup demo test lint format bench results weights clean
.DELETE_ON_ERROR:

help:
	@echo "make demo [PHOTO=picture.jpg]  light install, then everybody in a photograph in 3D"
	@echo "make test                      full install, then linters and tests"
	@echo "make setup                     full install for development, into $(VENV)"
	@echo "make lint | format | bench | clean"
	@echo "make weights KIT=folder         train the default weights again"
	@echo "make results KIT=folder [SYNTHETIC=folder] [PACKS='name=folder ...'] [LIFTER=file] [JOINT=weights] [WEIGHTS=name]"
	@echo "                                measure weights, write the tables of the docs"

# The scene of the demo was rendered by `people3d synthesize`, so its camera and the truth are known.
ifeq ($(PHOTO),examples/demo.jpg)
DEMO_CAMERA := --camera examples/demo.json
DEMO_ERROR = @$(DEMO_VENV)/bin/people3d evaluate --protocol generic \
	--predictions outputs/demo/people3d.json --ground-truth examples/demo.json
endif

demo: $(DEMO_VENV)/installed
	$(DEMO_VENV)/bin/people3d predict "$(PHOTO)" --output outputs/demo --save json image html $(DEMO_CAMERA)
	$(DEMO_ERROR)
	@echo "The results lie in outputs/demo: people3d.json (millimetres in camera space), the overlay (.png) and the"
	@echo "3D page (.html, open it in a browser)."

test: setup lint
	$(VENV)/bin/python -m pytest

setup: $(VENV)/installed

lint: $(VENV)/installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/pyright

format: $(VENV)/installed
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: $(VENV)/installed
	$(VENV)/bin/python benchmarks/stages.py

# Measures the weights on everything in KIT/real_dev and SYNTHETIC, and writes the tables of the docs and of the card.
WEIGHTS ?= default
results: $(VENV)/installed
	@test -n "$(KIT)" || { echo "make results KIT=folder (docs/evaluation.md says what it holds)"; exit 2; }
	$(VENV)/bin/python benchmarks/results.py --kit $(KIT) --weights $(WEIGHTS) \
		$(if $(SYNTHETIC),--synthetic $(SYNTHETIC)) $(if $(PACKS),--packs $(PACKS)) \
		$(if $(LIFTER),--lifter $(LIFTER)) $(if $(JOINT),--joint $(JOINT))

# Trains the default weights again, from nothing; hours. KIT: see docs/training.md.
P3D := $(VENV)/bin/people3d
FLOOR := "all fours" "all fours" reclining reclining folded folded bending lying lying crouching lunging kneeling sitting dancing
weights: $(VENV)/installed
	@test -n "$(KIT)" || { echo "make weights KIT=folder (docs/training.md says what it holds)"; exit 2; }
	$(P3D) data pack synthetic --output runs/packs/synthetic --people 3000 --shards 4 --crop-px 256 --mocap $(KIT)/mocap --backgrounds $(KIT)/detection/images
	test -d runs/packs/photos || $(P3D) data pack photos --root $(KIT)/photos --output runs/packs/photos --people 20000 --crop-px 256
	$(P3D) train posenet --recipe photos --photos runs/packs/photos --resume
	$(P3D) train posenet --recipe mixed --photos runs/packs/photos --synthetic runs/packs/synthetic \
		--init runs/posenet-photos/checkpoint.pt --seed 1 --resume
	$(P3D) train posenet --recipe long \
		--photos runs/packs/photos --synthetic runs/packs/synthetic --init runs/posenet-mixed/checkpoint.pt --seed 2 --resume
	$(P3D) train detector --recipe mixed --detection $(KIT)/detection --photos $(KIT)/photos --resume
	$(P3D) train detector --recipe refine --detection $(KIT)/detection --photos $(KIT)/photos \
		--init runs/detector-mixed/checkpoint.pt --seed 1 --resume
	$(P3D) train posenet --recipe longer \
		--photos runs/packs/photos --synthetic runs/packs/synthetic --init runs/posenet-long/checkpoint.pt --seed 3 --resume
	$(P3D) data pack synthetic --output runs/packs/floor --people 3500 --shards 2 --seed 2 --crop-px 256 --backgrounds $(KIT)/detection/images \
		--postures $(FLOOR)
	test -d runs/packs/unusual || \
		$(P3D) data pack photos --unusual --root $(KIT)/photos --output runs/packs/unusual --people 20000 --crop-px 256
	$(P3D) train posenet --recipe finer --photos runs/packs/photos --synthetic runs/packs/synthetic \
		--pack floor=runs/packs/floor unusual=runs/packs/unusual --init runs/posenet-longer/checkpoint.pt --seed 4 --resume
	$(P3D) data pack synthetic --output runs/packs/hands --people 4000 --shards 2 --seed 3 --crop-px 256 --backgrounds $(KIT)/detection/images \
		--postures gesturing
	$(P3D) train posenet --recipe finest --photos runs/packs/photos --synthetic runs/packs/synthetic \
		--pack floor=runs/packs/floor unusual=runs/packs/unusual hands=runs/packs/hands \
		--init runs/posenet-finer/checkpoint.pt --seed 5 --resume
	$(P3D) train posenet --recipe deeper --photos runs/packs/photos --synthetic runs/packs/synthetic \
		--pack floor=runs/packs/floor unusual=runs/packs/unusual hands=runs/packs/hands \
		--init runs/posenet-finest/checkpoint.pt --seed 6 --resume
	$(P3D) train posenet --recipe calm --photos runs/packs/photos --synthetic runs/packs/synthetic \
		--pack floor=runs/packs/floor unusual=runs/packs/unusual hands=runs/packs/hands \
		--init runs/posenet-deeper/checkpoint.pt --seed 7 --resume
	$(P3D) weights average --checkpoint runs/posenet-calm/first.pt runs/posenet-calm/checkpoint.pt --output runs/posenet-calm/mean.pt
	for seed in 8 9; do \
		$(P3D) train posenet --recipe deepest --photos runs/packs/photos --synthetic runs/packs/synthetic \
			--pack floor=runs/packs/floor unusual=runs/packs/unusual hands=runs/packs/hands \
			--init runs/posenet-calm/mean.pt --seed $$seed --output runs/posenet-deepest-$$seed --resume || exit; done
	$(P3D) weights average --output runs/posenet-mean.pt \
		--checkpoint runs/posenet-deepest-8/first.pt runs/posenet-deepest-9/first.pt \
		runs/posenet-deepest-8/checkpoint.pt runs/posenet-deepest-9/checkpoint.pt
	$(P3D) train rootnet --recipe longer \
		--photos runs/packs/photos --synthetic runs/packs/synthetic --init runs/posenet-finer/checkpoint.pt --resume
	$(P3D) train detector --recipe longer --detection $(KIT)/detection --photos $(KIT)/photos \
		--init runs/detector-refine/checkpoint.pt --seed 2 --resume
	$(P3D) train detector --recipe larger --detection $(KIT)/detection --photos $(KIT)/photos \
		--init runs/detector-longer/checkpoint.pt --seed 3 --resume
	$(P3D) train detector --recipe deeper --detection $(KIT)/detection --photos $(KIT)/photos \
		--init runs/detector-larger/checkpoint.pt --seed 4 --resume
	$(P3D) weights export --storage int8 --output src/people3d/weights/default --card docs/models/default.md \
		--checkpoint runs/posenet-mean.pt runs/rootnet-longer/checkpoint.pt runs/detector-deeper/checkpoint.pt
	$(P3D) weights calibrate src/people3d/weights/default --photos runs/packs/photos --synthetic runs/packs/synthetic

clean:
	rm -rf $(VENV) $(DEMO_VENV) build src/*.egg-info

# Installed again whenever what is to be installed changes.
$(DEMO_VENV)/installed: pyproject.toml constraints.txt
	@echo "Installing the default dependencies into $(DEMO_VENV) …"
	$(PYTHON) -m venv $(DEMO_VENV)
	$(DEMO_VENV)/bin/python $(INSTALL) --editable .
	@touch $@

$(VENV)/installed: pyproject.toml constraints.txt
	@echo "Installing everything, torch included, into $(VENV): takes minutes …"
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python $(INSTALL) --editable '.[all]'
	@# trackers asks for the OpenCV that opens windows and needs libGL; whichever came last, the one without wins.
	$(VENV)/bin/python $(INSTALL) --force-reinstall --no-deps opencv-python-headless
	@$(MAKE) --no-print-directory opengl
	@touch $@

# Rendering synthetic people needs EGL, which pip cannot install.
HAS_EGL := $(VENV)/bin/python -c 'import moderngl; moderngl.create_context(standalone=True, backend="egl")'
.PHONY: opengl
opengl:
	@if $(HAS_EGL) 2>/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get -qq update && apt-get -qq install -y --no-install-recommends libegl1 libgl1-mesa-dri; \
	fi; \
	if ! $(HAS_EGL) 2>/dev/null; then \
		echo "No OpenGL here: synthetic people cannot be rendered, and their tests are skipped. On Debian and Ubuntu:"; \
		echo "    sudo apt-get install libegl1 libgl1-mesa-dri"; \
	fi
