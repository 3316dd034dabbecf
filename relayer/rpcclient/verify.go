package rpcclient

import (
	"errors"
	"fmt"

	"github.com/cometbft/cometbft/crypto/merkle"
	cmtcrypto "github.com/cometbft/cometbft/proto/tendermint/crypto"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"

	"github.com/stafiprotocol/stafid/relayer/rpcapi"
)

// ErrProof: a proof does not prove what it came with.
var ErrProof = errors.New("proof does not hold")

// VerifyState checks that a record of this chain has its value under the app hash of header height + 1, which the caller has from a light
// client or a node that it trusts. Error: ErrProof.
func VerifyState(proof *rpcapi.StateProof, appHash []byte) error {
	var ops cmtcrypto.ProofOps
	if err := ops.Unmarshal(proof.ProofOps); err != nil {
		return fmt.Errorf("%w: %w", ErrProof, err)
	}
	path := merkle.KeyPath{}.AppendKey([]byte(proof.Store), merkle.KeyEncodingURL).AppendKey(proof.Key, merkle.KeyEncodingURL)
	if err := rootmulti.DefaultProofRuntime().VerifyValue(&ops, appHash, path.String(), proof.Value); err != nil {
		return fmt.Errorf("%w: %w", ErrProof, err)
	}
	return nil
}

// VerifyOrigin checks that a transaction is in the block of the original chain with a data hash, which the caller has from the header that it
// trusts. The code is not covered: the next header's results hash is. Error: ErrProof.
func VerifyOrigin(proof *rpcapi.OriginProof, dataHash []byte) error {
	tx := cmttypes.Tx(proof.Tx)
	path := cmttypes.TxProof{
		RootHash: proof.DataHash, Data: tx,
		Proof: merkle.Proof{Total: proof.Total, Index: proof.Index, LeafHash: leafHash(tx), Aunts: proof.Aunts},
	}
	if err := path.Validate(dataHash); err != nil {
		return fmt.Errorf("%w: %w", ErrProof, err)
	}
	return nil
}

// leafHash is the Merkle leaf of a transaction: that of a tree of it alone.
func leafHash(tx cmttypes.Tx) []byte { return cmttypes.Txs{tx}.Hash() }
