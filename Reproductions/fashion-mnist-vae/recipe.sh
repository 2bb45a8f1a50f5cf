title="VAE with a Gaussian prior on dynamically binarised Fashion-MNIST, -ln p(x) by IWAE-5000"
published="228.70 ± 0.15 (Norouzi et al. 2020, \"Exemplar VAE\", table 2)"
evaluate="--checkpoint best --samples 5000"
field=iwae
