title="PPCA with 50 latents on grey Fashion-MNIST, ln p(x) of the training images, exactly"
published="513.8602 (the formula of the eigenvalues, float64; with 2, 10, 20 latents: 85.2527, 314.8061, 396.7614)"
evaluate="--split train --samples 1"
field=exact_log_likelihood
