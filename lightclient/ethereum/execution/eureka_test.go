package execution

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/stretchr/testify/require"
)

// eurekaProof is a recorded eth_getProof of a development network.
type eurekaProof struct {
	Account struct {
		StorageRoot common.Hash     `json:"storage_root"`
		Proof       []hexutil.Bytes `json:"proof"`
	} `json:"account_proof"`
	Storage struct {
		Key   common.Hash     `json:"key"`
		Value hexutil.Big     `json:"value"`
		Proof []hexutil.Bytes `json:"proof"`
	} `json:"storage_proof"`
}

func TestARecordedAccountAndItsStorageSlotAreProven(t *testing.T) {
	for file, step := range map[string]int{
		"Test_MultiPeriodClientUpdateToCosmos.json":                    1,
		"Test_ICS20TransferERC20TokenfromEthereumToCosmosAndBack.json": 1,
	} {
		state, contract, proof := eurekaStep(t, file, step)
		h := &Header{StateRoot: state}
		account, err := h.VerifyAccount(contract, toPath(proof.Account.Proof))
		require.NoError(t, err)
		require.True(t, account.Exists)
		require.Equal(t, proof.Account.StorageRoot, account.StorageRoot)
		path := toPath(proof.Storage.Proof)
		value, err := account.VerifyStorage(proof.Storage.Key, path)
		require.NoError(t, err)
		require.Equal(t, proof.Storage.Value.ToInt(), value.Big())
		for _, node := range path {
			for at := range node {
				node[at] ^= 1
				_, err := account.VerifyStorage(proof.Storage.Key, path)
				require.ErrorIs(t, err, ErrNode)
				node[at] ^= 1
			}
		}
		_, err = account.VerifyStorage(common.Hash{1}, path)
		require.Error(t, err)
		_, err = h.VerifyAccount(common.Address{1}, toPath(proof.Account.Proof))
		require.Error(t, err)
	}
}

func toPath(nodes []hexutil.Bytes) Path {
	path := make(Path, len(nodes))
	for i := range nodes {
		path[i] = nodes[i]
	}
	return path
}

// eurekaStep reads a step's last finalized state root and its first proof, both
// JSON within protobuf.
func eurekaStep(t *testing.T, file string, step int) (common.Hash, common.Address, eurekaProof) {
	t.Helper()
	var recorded struct {
		Steps []struct {
			Data struct {
				Client struct {
					Contract common.Address `json:"ibc_contract_address"`
				} `json:"client_state"`
				Body string `json:"relayer_tx_body"`
			} `json:"data"`
		} `json:"steps"`
	}
	readJSON(t, &recorded, fixtureDir(t, "eureka_minimal"), file)
	body, err := hex.DecodeString(recorded.Steps[step].Data.Body)
	require.NoError(t, err)
	var state common.Hash
	for rest := body; ; {
		at := bytes.Index(rest, []byte(`{"`))
		require.GreaterOrEqual(t, at, 0, "no proof in %s", file)
		var found struct {
			eurekaProof
			Update *struct {
				Finalized struct {
					Execution struct {
						StateRoot common.Hash `json:"state_root"`
					} `json:"execution"`
				} `json:"finalized_header"`
			} `json:"consensus_update"`
		}
		decoder := json.NewDecoder(bytes.NewReader(rest[at:]))
		require.NoError(t, decoder.Decode(&found))
		rest = rest[at+int(decoder.InputOffset()):]
		if found.Update != nil {
			state = found.Update.Finalized.Execution.StateRoot
			continue
		}
		return state, recorded.Steps[0].Data.Client.Contract, found.eurekaProof
	}
}
