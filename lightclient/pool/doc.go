// Package pool asks untrusted sources of bytes: the best one first, the next when
// it fails or is silent, all at once where every word counts. It keeps each
// source's record, pauses those that fail and longest those that lie, and never
// drops one. What a source serves is the caller's; S is its type.
package pool
