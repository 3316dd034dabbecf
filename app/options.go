package app

// NoOptions are app options of which none is set: for an app without a home and a configuration.
type NoOptions struct{}

// Get returns nil.
func (NoOptions) Get(string) any { return nil }
