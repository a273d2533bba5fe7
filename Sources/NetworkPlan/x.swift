// in preparation
