// Package pvss is the pure cryptography of the seed.
package pvss
