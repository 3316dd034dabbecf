package cometbft

import "github.com/stafiprotocol/stafid/lightclient/pool"

// Pool holds the untrusted sources of one chain.
type Pool = pool.Pool[Source]

// PoolConfig tunes a pool; a zero field takes its default.
type PoolConfig = pool.Config

// member is a source and what it has done so far.
type member = pool.Member[Source]

// NewPool makes a pool of at least one source with distinct names.
func NewPool(sources []Source, cfg PoolConfig) (*Pool, error) { return pool.New(sources, cfg) }
