// Package journal is the relayer's durable memory: what it is about to do is written, and on disk, before it is done. One
// small ordered database per relayer; a record is JSON under a kind and a key, and related records are written in one batch.
package journal
