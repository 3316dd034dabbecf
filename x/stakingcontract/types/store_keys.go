package types

import "cosmossdk.io/collections"

// DepositStoreKey is where a deposit's record is in the module's store, for proofs of it.
func DepositStoreKey(contract uint64, txHash []byte, index uint32) ([]byte, error) {
	codec := collections.TripleKeyCodec(collections.Uint64Key, collections.BytesKey, collections.Uint32Key)
	return collections.EncodeKeyWithPrefix(DepositsPrefix, codec, collections.Join3(contract, txHash, index))
}

// RedemptionStoreKey is where a redemption's record is in the module's store, for proofs of it.
func RedemptionStoreKey(id uint64) ([]byte, error) {
	return collections.EncodeKeyWithPrefix(RedemptionsPrefix, collections.Uint64Key, id)
}
