package localnet_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/stafiprotocol/stafid/app"
	"github.com/stafiprotocol/stafid/cmd/stafid/localnet"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

func options(t *testing.T) localnet.Options {
	t.Helper()
	options := localnet.DefaultOptions()
	options.Dir = filepath.Join(t.TempDir(), "net")
	options.Validators = 4
	options.Accounts = []localnet.Account{{Name: "staker", Coins: sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, 77))}}
	return options
}

func TestANetworkHasAHomeForEachValidatorAndRelayer(t *testing.T) {
	manifest, err := localnet.Generate(options(t))
	require.NoError(t, err)
	require.Len(t, manifest.Nodes, 4)
	require.Len(t, manifest.Relayers, 4)

	ports, operators := map[int]bool{}, map[string]bool{}
	for i, node := range manifest.Nodes {
		for _, name := range []string{"config.toml", "app.toml", "client.toml", "genesis.json", "node_key.json", "priv_validator_key.json"} {
			require.FileExists(t, filepath.Join(node.Home, "config", name))
		}
		relayer := manifest.Relayers[i]
		require.Equal(t, node.Operator, relayer.Operator)
		require.NotEqual(t, relayer.Submitter.Address, relayer.Signer.Address)
		require.DirExists(t, filepath.Join(relayer.Home, "keyring-test"))
		for _, port := range []int{
			node.Ports.RPC, node.Ports.P2P, node.Ports.GRPC, node.Ports.REST, node.Ports.Metrics,
			relayer.Ports.Metrics, relayer.Ports.Service,
		} {
			require.False(t, ports[port], "port %d is given twice", port)
			ports[port] = true
		}
		operators[node.Operator] = true
	}
	require.Len(t, operators, 4)
}

func TestAllNodesShareOneValidGenesisWithTheAccountsFunded(t *testing.T) {
	manifest, err := localnet.Generate(options(t))
	require.NoError(t, err)
	first, err := os.ReadFile(filepath.Join(manifest.Nodes[0].Home, "config", "genesis.json"))
	require.NoError(t, err)
	for _, node := range manifest.Nodes[1:] {
		other, err := os.ReadFile(filepath.Join(node.Home, "config", "genesis.json"))
		require.NoError(t, err)
		require.Equal(t, first, other)
	}

	wired := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, app.NoOptions{})
	state, _, err := genutiltypes.GenesisStateFromGenFile(filepath.Join(manifest.Nodes[0].Home, "config", "genesis.json"))
	require.NoError(t, err)
	require.NoError(t, wired.Basics().ValidateGenesis(wired.Encoding().Codec, wired.Encoding().TxConfig, state))
	bank := banktypes.GenesisState{}
	wired.Encoding().Codec.MustUnmarshalJSON(state[banktypes.ModuleName], &bank)
	balances := map[string]sdk.Coins{}
	for _, balance := range bank.Balances {
		balances[balance.Address] = balance.Coins
	}
	require.Equal(t, "staker", manifest.Accounts[0].Name)
	require.Equal(t, "77ufis", balances[manifest.Accounts[0].Address].String())
	require.False(t, balances[manifest.Relayers[3].Submitter.Address].IsZero())
}

func TestAPresetCanBeOverridden(t *testing.T) {
	options := options(t)
	options.Preset = localnet.SmallPreset(time.Second).Then(localnet.VotingPeriod(30 * time.Second))
	manifest, err := localnet.Generate(options)
	require.NoError(t, err)

	wired := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, app.NoOptions{})
	state, _, err := genutiltypes.GenesisStateFromGenFile(filepath.Join(manifest.Nodes[0].Home, "config", "genesis.json"))
	require.NoError(t, err)
	gov := govv1.GenesisState{}
	wired.Encoding().Codec.MustUnmarshalJSON(state[govtypes.ModuleName], &gov)
	require.Equal(t, 30*time.Second, *gov.Params.VotingPeriod)
}

func TestTheSmallPresetKeepsTheProtocolsRatiosOfFaultsAndCanRefundFromTheStart(t *testing.T) {
	manifest, err := localnet.Generate(options(t))
	require.NoError(t, err)

	wired := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, app.NoOptions{})
	state, _, err := genutiltypes.GenesisStateFromGenFile(filepath.Join(manifest.Nodes[0].Home, "config", "genesis.json"))
	require.NoError(t, err)
	var ssv ssvtypes.GenesisState
	wired.Encoding().Codec.MustUnmarshalJSON(state[ssvtypes.ModuleName], &ssv)
	protocol := ssvtypes.DefaultParams()
	require.Equal(t, protocol.MaxMissedRatio, ssv.Params.MaxMissedRatio)
	require.Equal(t, protocol.WithdrawRatio, ssv.Params.WithdrawRatio)
	require.NoError(t, ssv.Params.Validate())
	var bank banktypes.GenesisState
	wired.Encoding().Codec.MustUnmarshalJSON(state[banktypes.ModuleName], &bank)
	pool := authtypes.NewModuleAddress(ssvtypes.RefundPoolName).String()
	require.Contains(t, bank.Balances, banktypes.Balance{
		Address: pool, Coins: sdk.NewCoins(sdk.NewCoin(app.BondDenom, protocol.RefundReserve)),
	})
}

// ssvGenesis reads what a network's genesis says of eras and candidates.
func ssvGenesis(t *testing.T, manifest localnet.Manifest) ssvtypes.GenesisState {
	t.Helper()
	wired := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, app.NoOptions{})
	state, _, err := genutiltypes.GenesisStateFromGenFile(filepath.Join(manifest.Nodes[0].Home, "config", "genesis.json"))
	require.NoError(t, err)
	var ssv ssvtypes.GenesisState
	wired.Encoding().Codec.MustUnmarshalJSON(state[ssvtypes.ModuleName], &ssv)
	return ssv
}

func TestASmallNetworkWithSlowBlocksHasAsManyOfThemInAnEra(t *testing.T) {
	for blockTime, want := range map[time.Duration]time.Duration{
		300 * time.Millisecond: time.Minute, time.Second: time.Minute, 2500 * time.Millisecond: 150 * time.Second,
	} {
		options := options(t)
		options.BlockTime, options.Preset = blockTime, localnet.SmallPreset(blockTime)
		manifest, err := localnet.Generate(options)
		require.NoError(t, err)
		params := ssvGenesis(t, manifest).Params
		require.Equal(t, want, params.EraDuration, "%s", blockTime)
		require.Equal(t, want/2, params.BeaconWindow, "%s", blockTime)
	}
}

func TestACommitteeThatGenesisNamesIsOfAllValidatorsWithTheirRelayersKeys(t *testing.T) {
	options := options(t)
	options.Committee = &localnet.Committee{ChainID: "original-1", Threshold: 3}
	options.Age = time.Minute
	manifest, err := localnet.Generate(options)
	require.NoError(t, err)

	ssv := ssvGenesis(t, manifest)
	require.NoError(t, ssv.Validate())
	require.Len(t, ssv.Committees, 1)
	committee := ssv.Committees[0]
	require.EqualValues(t, 3, committee.Threshold)
	require.Len(t, committee.Members, 4)
	require.Len(t, ssv.Candidates, 4)
	for i, member := range committee.Members {
		require.Equal(t, manifest.Relayers[i].Operator, member.Operator)
		require.Equal(t, manifest.Relayers[i].Signer.PublicKey, hex.EncodeToString(member.Signer))
		require.EqualValues(t, 100_000, member.Weight)
	}
	genesis, err := genutiltypes.AppGenesisFromFile(filepath.Join(manifest.Nodes[0].Home, "config", "genesis.json"))
	require.NoError(t, err)
	require.WithinRange(t, genesis.GenesisTime, time.Now().Add(-3*time.Minute), time.Now().Add(-time.Minute))
}

func TestAManifestIsFoundAgainAfterItsDirectoryMoved(t *testing.T) {
	options := options(t)
	_, err := localnet.Generate(options)
	require.NoError(t, err)
	moved := filepath.Join(t.TempDir(), "moved")
	require.NoError(t, os.Rename(options.Dir, moved))

	manifest, err := localnet.Load(moved)

	require.NoError(t, err)
	require.DirExists(t, manifest.Nodes[2].Home)
	require.DirExists(t, manifest.AccountsHome)
}

func TestADirectoryInUseIsRefused(t *testing.T) {
	options := options(t)
	_, err := localnet.Generate(options)
	require.NoError(t, err)

	_, err = localnet.Generate(options)

	require.ErrorContains(t, err, "is not empty")
}

func TestOptionsOutOfRangeAreRefusedWithTheBound(t *testing.T) {
	for want, change := range map[string]func(*localnet.Options){
		"no directory":       func(o *localnet.Options) { o.Dir = "" },
		"no chain id":        func(o *localnet.Options) { o.ChainID = "" },
		"want 1 to 64":       func(o *localnet.Options) { o.Validators = 65 },
		"want 1024 to 65496": func(o *localnet.Options) { o.BasePort = 65500 },
		"at least 200ms":     func(o *localnet.Options) { o.BlockTime = time.Millisecond },
		"age -1s":            func(o *localnet.Options) { o.Age = -time.Second },
		"threshold 5 of":     func(o *localnet.Options) { o.Committee = &localnet.Committee{ChainID: "c", Threshold: 5} },
		"at least 1000000":   func(o *localnet.Options) { o.Stake = sdk.NewInt64Coin(app.BondDenom, 5) },
	} {
		options := options(t)
		change(&options)
		_, err := localnet.Generate(options)
		require.ErrorContains(t, err, want)
	}
}

func TestEachRelayerIsConfiguredOnceItsKeysExist(t *testing.T) {
	options := options(t)
	var homes []string
	options.WriteRelayer = func(manifest localnet.Manifest, index int) error {
		require.DirExists(t, filepath.Join(manifest.Relayers[index].Home, "keyring-test"))
		homes = append(homes, manifest.Relayers[index].Home)
		return nil
	}

	manifest, err := localnet.Generate(options)

	require.NoError(t, err)
	require.Len(t, homes, 4)
	require.Equal(t, manifest.Relayers[0].Home, homes[0])
}
