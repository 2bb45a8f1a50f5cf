// VAEModels
