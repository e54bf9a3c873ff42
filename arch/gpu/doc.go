// Package gpu models machines built of streaming multiprocessors: NVIDIA's GPUs
// from Kepler to Hopper.
//
//	host ─ launch ─▶ grid of CTAs, in raster order
//	                   │ dispatched where threads, registers, shared memory and slots allow
//	     ┌─────────────▼──────────────┐
//	     │ SM   four sub-cores        │  × sm.count
//	     │  issue ▸ FP32 · SFU · MMA  │
//	     │  shared memory: stages     │
//	     └─────────────▲──────────────┘
//	            port   │  registers | cp.async | TMA
//	     ┌─────────────┴──────────────┐
//	     │ L2: tile slabs, oldest out │
//	     └─────────────▲──────────────┘
//	                DRAM: channels of mem/dram, by pattern and mix
//
// It runs kernels of its own, in the manner of CUTLASS and FlashAttention; it does
// not claim to run the code of cuBLAS or cuDNN. A kernel is a grid of CTAs that
// each do a row of steps (k-slabs of a product, rows of a softmax): a step waits
// for its loads, takes its time on the pipes of its SM, and frees a stage of shared
// memory for a load to come. What a step takes on the pipes follows from the
// warps' macro-operations (warps.go), which a per-instruction twin in the tests
// holds to the cycle. When loads arrive follows from calendars of the SM's port,
// of L2 and of DRAM, each of which serves in order of request; what hits L2 from
// the order in which the CTAs in flight touch slabs of tiles (cache.go).
//
// What each warp spends its life on follows from the same: a CTA's waits are its
// warps', and on the pipes they differ as their macro-operations do (warp_time.go).
//
// Power acts on time: at the end of each window a governor prices what was done
// and moves the clock, with its lag, towards what the power limit allows.
//
// Sources: Jia et al., "Dissecting the NVIDIA Volta GPU architecture via
// microbenchmarking", 2018, and "Turing T4", arXiv 1903.07486; Luo et al., arXiv
// 2402.13499; Thakkar et al., CUTLASS; RRZE-HPC gpu-benches. docs/sources.md
// resolves the keys that presets cite.
//
// A product's CTAs take tiles, parts of tiles whose sums a second kernel adds (split),
// or, under stream-K, even shares of all slabs (streamk.go);
// one row may be multiplied without tiles (gemv.go). On Hopper tiles come in steps of eight,
// clusters share slabs by multicast, and groups of warps take turns (hopper.go); serving engines
// have kernels of their own for 8-bit floats (engines.go). Convolutions are implicit products (conv.go), attention passes over tiles of keys
// (attention.go), and over pages of a cache as serving engines do (paged.go), softmax and normalisations over rows (rows.go); kernels whose CTAs
// are all alike are passed over in part once they come evenly (steady.go).
//
// Attention and streaming kernels compute their values layer by layer from what lies
// in memory; only products move tile by tile. Events of the core cost what
// the voltage of their layer's clock makes of their price (power.at, power.slope).
//
// Not modelled: instruction fetch beyond the cold misses of a kernel's start;
// bank conflicts in shared memory (tiles are swizzled, as libraries do); L1 but for
// the pixels that taps of a convolution share; DRAM line by line (offchip.go: one channel
// of mem/dram, which stands for all, says what a kernel's pattern and mix of traffic get); TLBs; ECC; sparsity;
// several kernels side by side; what voltage does to static power.
package gpu
