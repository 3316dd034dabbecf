package app

import (
	cmttypes "github.com/cometbft/cometbft/types"
)

// MaxBlockGas bounds the gas of a block's transactions in the genesis that this app writes. The greatest transaction that parameters allow, an
// observation of 10,000 events in 768 KiB, takes 92 million; with the defaults one of 1,000 events takes 14. A block full of signatures, whose
// gas buys the most time, takes a core some six seconds, a block's time (x/ssv's round_gas.go: 60 µs for 1,000 gas). Governance can change it.
const MaxBlockGas = 100_000_000

// ConsensusParams returns CometBFT's defaults with bounded gas, which they leave unbounded: then who proposes a block decides how long others take over it.
func ConsensusParams() *cmttypes.ConsensusParams {
	params := cmttypes.DefaultConsensusParams()
	params.Block.MaxGas = MaxBlockGas
	return params
}
