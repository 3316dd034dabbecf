package app

// NoOptions are app options of which none is set: for an app that describes itself and runs no blocks.
type NoOptions struct{}

// Get returns nil.
func (NoOptions) Get(string) any { return nil }
