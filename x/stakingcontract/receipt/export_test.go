package receipt

// Signs is what the build verifies with: C with cgo, Go without.
func Signs(key, digest, signature []byte) bool { return signs(key, digest, signature) }

// Canonical is the check of R and S that comes before.
func Canonical(signature []byte) error { return checkSignature(signature) }
