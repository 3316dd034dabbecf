package keeper

import "github.com/stafiprotocol/stafid/x/ssv/types"

// Gas for the work of verification, on top of what reading, writing and a transaction's bytes cost. x/auth charges 1000 for a secp256k1
// signature; on one core that takes as long as BenchmarkVerifyASignature says, and the figures below are what BenchmarkGasOf… measures of
// this work in units of it, rounded up.
const (
	// dealSlotGas is for one slot of a dealing: its part of the degree check, of decoding and of the proof.
	dealSlotGas = 2_000
	// openGas is for two multiplications.
	openGas = 3_000
	// decryptSlotGas is for one decrypted share, and contextSlotGas for one slot of the round, whose keys have to be decoded.
	decryptSlotGas = 2_500
	contextSlotGas = 300
)

// dealGas is for the verification of one dealing at the block's end.
func dealGas(round types.Round) uint64 { return uint64(round.Slots) * dealSlotGas }

// decryptGas is for the verification of what a dealer decrypted.
func decryptGas(round types.Round, decryptor dealer) uint64 {
	return uint64(round.Slots)*contextSlotGas + uint64(decryptor.Slots)*decryptSlotGas
}
