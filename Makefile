# vae-gpu: the commands of the README. `make help` lists them.
PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
BUILD = $(SWIFT) build -c release
BINARY = .build/release/vae-gpu
TRAIN ?=
BENCH ?=
PEERS ?=
MATRIX ?=
GPU_REPORT ?=

NAME ?=
REPRODUCE ?=
FAULTS ?=
SANITIZE ?=

.PHONY: help build train test levels reproduce oclgrind faults sanitize opencl-matrix gpu-report example install bundle bench bench-peers lint format clean

help:
	@echo "make train      install what is missing, build, train the default VAE on Fashion-MNIST"
	@echo "make test       install what is missing, run every test"
	@echo "make build      install what is missing, build .build/release/vae-gpu"
	@echo "make bench      training speed of the named workloads (BENCH='--device 0 --json')"
	@echo "make bench-peers against PyTorch, JAX and tinygrad, which it installs in .build (PEERS='--devices cpu,0')"
	@echo "make reproduce  train and evaluate a published result (NAME=fashion-mnist-vae, see Reproductions/)"
	@echo "make example    build and run Examples/01-train-a-vae"
	@echo "make faults     kills, failing system and OpenCL calls, damaged files (FAULTS=--quick or --minutes 10; all: hours)"
	@echo "make sanitize   tests under ThreadSanitizer, AddressSanitizer and UBSan (SANITIZE='thread')"
	@echo "make levels     CPU kernels: the same bits at each instruction set and on arm64 (part of make test)"
	@echo "make oclgrind   the kernel tests under Oclgrind (part of make test)"
	@echo "make opencl-matrix kernels and trainings on every OpenCL runtime of Debian and PyPI, as CPU and GPU (MATRIX=--quick)"
	@echo "make gpu-report what compilers make of the kernels for GPUs, without one (GPU_REPORT='--targets sm_90 --only split')"
	@echo "make install    copy vae-gpu to PREFIX/bin (PREFIX=$(PREFIX))"
	@echo "make bundle     a folder and tarball in .build/bundle for other x86-64 Linux machines, without Swift"
	@echo "make lint       check the formatting"
	@echo "make clean      remove what was built"

build:
	@Scripts/install-packages build
	$(BUILD) --product vae-gpu

# More flags: make train TRAIN='--epochs 1 --device 0'
train:
	@Scripts/install-packages build data
	$(BUILD) --product vae-gpu
	$(BINARY) train $(TRAIN)

test:
	@Scripts/install-packages build data test arm64
	$(BUILD) --build-tests
	@SWIFT="$(SWIFT)" Scripts/run-tests
	@SWIFT="$(SWIFT)" Scripts/vector-tests
	@SWIFT="$(SWIFT)" Scripts/level-tests
	@Scripts/oclgrind-tests

# The same bits at every instruction set and on arm64, and vectors in all of them.
levels:
	@Scripts/install-packages build arm64
	$(BUILD)
	@SWIFT="$(SWIFT)" Scripts/vector-tests
	@SWIFT="$(SWIFT)" Scripts/level-tests

oclgrind:
	@Scripts/install-packages build test
	$(BUILD) --build-tests
	@Scripts/oclgrind-tests

# Downloads runtimes into .build/opencl-matrix and installs none. MATRIX='--runtimes intel --types gpu'; --quick takes minutes.
opencl-matrix:
	@Scripts/install-packages build test
	$(BUILD) --build-tests
	python3 -B Tests/OpenCLMatrix/matrix.py $(MATRIX)

# Unpacks compilers in .build/gpu-report and installs none. It ends with 1 at register spills and at slow inner loops.
gpu-report:
	@Scripts/install-packages build report
	$(BUILD) --product vae-gpu
	python3 -B Benchmarks/gpu-report/report.py $(GPU_REPORT)

# The fault campaign; --only files,clocks,opencl,fuzzing chooses parts. It needs Python 3 and no package of it.
faults:
	@Scripts/install-packages build faults test
	$(BUILD) --build-tests
	Tests/Faults/run $(FAULTS)

sanitize:
	@Scripts/install-packages build test
	@SWIFT="$(SWIFT)" Scripts/sanitize $(SANITIZE)

example:
	@Scripts/install-packages build
	$(SWIFT) run -c release --package-path Examples/01-train-a-vae

# make reproduce NAME=fashion-mnist-vae; DATA, OUT and DEVICE as in Reproductions/reproduce, REPRODUCE='--epochs 50' for train.
reproduce:
	@Scripts/install-packages build data
	$(BUILD) --product vae-gpu
	Reproductions/reproduce $(NAME) $(REPRODUCE)

bench:
	@Scripts/install-packages build
	$(BUILD) --product vae-gpu
	$(BINARY) bench $(BENCH)

# Needs Python 3.11; PEERS_PYTHON=/path/to/python uses one that has Benchmarks/peers/requirements.txt.
bench-peers:
	@Scripts/install-packages build
	$(BUILD) --product vae-gpu
	Benchmarks/peers/peers-python Benchmarks/peers/compare.py --vae-gpu $(BINARY) $(PEERS)

# The installed program carries the Swift runtime, so it needs no toolchain.
install:
	@Scripts/install-packages build
	$(BUILD) --product vae-gpu --static-swift-stdlib --scratch-path .build/install
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 .build/install/release/vae-gpu "$(DESTDIR)$(PREFIX)/bin/vae-gpu"
	@echo "installed $(DESTDIR)$(PREFIX)/bin/vae-gpu"

bundle:
	@Scripts/install-packages build
	SWIFT="$(SWIFT)" Scripts/bundle

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Examples

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests Examples

clean:
	rm -rf .build Examples/*/.build
