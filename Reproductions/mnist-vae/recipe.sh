title="VAE with a Gaussian prior on dynamically binarised MNIST, -ln p(x) by IWAE-5000"
published="84.45 ± 0.12 (Norouzi et al. 2020, \"Exemplar VAE\", table 2)"
evaluate="--checkpoint best --samples 5000"
field=iwae
needs_data="a directory with MNIST's four IDX files"
