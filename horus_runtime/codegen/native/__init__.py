"""Hot numeric code as WebAssembly: what qualifies (`selection`), its translation (`lowering`), its use (`bridge`)."""
