package keeper

import "github.com/stafiprotocol/stafid/x/ssv/types"

// Gas for the work of verification, on top of what reading, writing and a transaction's bytes cost. x/auth charges 1000 for a secp256k1
// signature, which BenchmarkGasOfASignature measures at 222 µs on a loaded core; BenchmarkGasOf… of the work named here measured, on the
// same core, what stands behind each figure, and the figure is that in gas and a quarter or more above it.
const (
	// dealSlotGas is for one slot of a dealing, its part of the degree check, of decoding and of the proof: 107 µs.
	dealSlotGas = 600
	// openGas is for two multiplications: 32 µs.
	openGas = 300
	// decryptSlotGas is for one decrypted share, 62 µs, and contextSlotGas for one slot of the round, whose keys have to be decoded: 2.2 µs.
	decryptSlotGas = 400
	contextSlotGas = 20
)

// dealGas is for the verification of one dealing at the block's end.
func dealGas(round types.Round) uint64 { return uint64(round.Slots) * dealSlotGas }

// decryptGas is for the verification of what a dealer decrypted.
func decryptGas(round types.Round, decryptor dealer) uint64 {
	return uint64(round.Slots)*contextSlotGas + uint64(decryptor.Slots)*decryptSlotGas
}
