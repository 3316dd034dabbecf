// Package store is the durable memory of a light client: an ordered key-value
// database with a versioned schema, a checksum bound to each key, and one
// synced atomic batch per step. It knows nothing of headers.
package store
