package relayer

import (
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	lcethereum "github.com/stafiprotocol/stafid/lightclient/ethereum"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// says is a server that answers every request with the first body whose name is in its path or body.
func says(t *testing.T, answers map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := new(strings.Builder)
		_ = r.Write(request)
		for name, answer := range answers {
			if strings.Contains(request.String(), name) {
				_, _ = w.Write([]byte(answer))
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func ethereumContract() stafi.Contract {
	network, err := lcethereum.FindNetwork("mainnet")
	if err != nil {
		panic(err)
	}
	root := network.Consensus.GenesisValidatorsRoot
	return stafi.Contract{Contract: contracttypes.Contract{
		Id: 1, ChainId: ethereumChain, Kind: multisigtypes.CHAIN_KIND_ETHEREUM, Ethereum: &contracttypes.EthereumChain{
			CheckpointSlot: network.Consensus.SlotAt(time.Now()) - 1000, CheckpointRoot: make([]byte, 32), GenesisValidatorsRoot: root[:], TrustingPeriod: 14 * 24 * time.Hour,
		},
	}}
}

func checked(t *testing.T, cfg ChainConfig, contract stafi.Contract) Findings {
	t.Helper()
	var found Findings
	c := checker{found: &found, view: stafi.View{Contracts: []stafi.Contract{contract}}, keys: newSafeWorld(t, 1).members[0].keys}
	c.checkChain(t.Context(), cfg)
	return found
}

func TestACheckNamesSourcesOfAnotherNetworkAndACheckpointThatNobodyKnows(t *testing.T) {
	cfg := goodEthereum()
	mainnet, other := ethereumContract().Ethereum.GenesisValidatorsRoot, strings.Repeat("ab", 32)
	genesis := func(root string) string {
		return `{"data":{"genesis_time":"1606824023","genesis_validators_root":"0x` + root + `","genesis_fork_version":"0x00000000"}}`
	}
	cfg.Sources = []string{
		says(t, map[string]string{"eth_chainId": `{"jsonrpc":"2.0","id":0,"result":"0x5"}`}),
		says(t, map[string]string{"eth_chainId": `{"jsonrpc":"2.0","id":0,"result":"0x1"}`}),
	}
	cfg.Ethereum.BeaconSources = []string{
		says(t, map[string]string{"/beacon/genesis": genesis(other), "/config/spec": `{"data":{}}`}),
		says(t, map[string]string{"/beacon/genesis": genesis(hex.EncodeToString(mainnet)), "/config/spec": `{"data":{}}`}),
	}
	found := checked(t, cfg, ethereumContract())
	requireLines(t, found, false, []string{
		"has chain id 5, want the 1 of mainnet", "has genesis_validators_root 0x" + other, "1 answer, beacon_quorum is 2", "does not have it", "none 120 blocks back",
	})
	requireLines(t, found, true, []string{"is of mainnet, chain id 1", "genesis_validators_root 0x4b363db9"})
}

func TestANetworkThatIsNotTheContractsIsRefusedByNameAtCheckAndOpening(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ChainConfig, *stafi.Contract)
		says   string
	}{
		"another number": {func(cfg *ChainConfig, _ *stafi.Contract) { cfg.Ethereum.Network = "hoodi" }, "hoodi is eip155-560048, want eip155-1"},
		"another genesis": {func(_ *ChainConfig, contract *stafi.Contract) {
			contract.Ethereum.GenesisValidatorsRoot = make([]byte, 32)
		}, "genesis_validators_root of mainnet is 0x4b363db9"},
		"no such network": {func(cfg *ChainConfig, _ *stafi.Contract) { cfg.Ethereum.Network = "/nowhere.json" }, "/nowhere.json"},
		"another kind": {func(_ *ChainConfig, contract *stafi.Contract) {
			contract.Cosmos, contract.Ethereum = &contracttypes.CosmosChain{}, nil
		}, `contract 1 says "cosmos"`},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, contract := goodEthereum(), ethereumContract()
			c.change(&cfg, &contract)
			requireLines(t, checked(t, cfg, contract), false, []string{c.says})
			_, err := Open(cfg, t.TempDir(), contract, nil)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestALightClientIsRootedInTheOperatorsSlotFirstThenInTheContracts(t *testing.T) {
	cfg, contract := goodEthereum(), ethereumContract()
	cfg.Ethereum.CheckpointSlot, cfg.Ethereum.CheckpointRoot = 77, "0x"+strings.Repeat("cd", 32)
	contract.State.ObservedHeight, contract.State.ObservedHash = 5, make([]byte, 32)
	found, err := checkpoints(cfg, contract)
	require.NoError(t, err)
	require.Len(t, found, 2, "an execution block roots nothing")
	require.Equal(t, int64(77), found[0].Height)
	require.Equal(t, byte(0xcd), found[0].Hash[31])
	require.Equal(t, int64(contract.Ethereum.CheckpointSlot), found[1].Height)
}
