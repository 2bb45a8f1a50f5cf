title="IWAE with k = 5, one stochastic layer, on dynamically binarised MNIST, -ln p(x) by IWAE-5000"
published="85.54 after 3280 epochs (Burda et al. 2016, table 1)"
evaluate="--samples 5000"
field=iwae
needs_data="a directory with MNIST's four IDX files"
