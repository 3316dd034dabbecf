package ethereum

import (
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/beacon/params"
	"github.com/ethereum/go-ethereum/common"
	execution "github.com/ethereum/go-ethereum/params"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
)

func TestThePublicNetworksAreThoseThatGoEthereumKnows(t *testing.T) {
	known := map[string]struct {
		consensus *params.ChainConfig
		execution *execution.ChainConfig
	}{
		"mainnet": {params.MainnetLightConfig, execution.MainnetChainConfig},
		"sepolia": {params.SepoliaLightConfig, execution.SepoliaChainConfig},
		"hoodi":   {params.HoodiLightConfig, execution.HoodiChainConfig},
	}
	require.Len(t, PublicNetworks(), len(known))
	for _, n := range PublicNetworks() {
		t.Run(n.Name, func(t *testing.T) {
			want := known[n.Name]
			require.NoError(t, n.Validate())
			require.Equal(t, want.execution.ChainID, new(big.Int).SetUint64(n.ChainID))
			require.Equal(t, want.consensus.GenesisValidatorsRoot, common.Hash(n.Consensus.GenesisValidatorsRoot))
			require.EqualValues(t, want.consensus.GenesisTime, n.Consensus.GenesisTime.Unix())
			require.Equal(t, beacon.MainnetPreset(), n.Consensus.Preset)
			require.Equal(t, 12*time.Second, n.Consensus.SlotDuration)
			require.Len(t, n.Consensus.Forks, len(want.consensus.Forks))
			for i, fork := range want.consensus.Forks {
				found := n.Consensus.Forks[i]
				require.Equal(t, fork.Epoch, found.Epoch, fork.Name)
				require.Equal(t, fork.Version, found.Version[:], fork.Name)
				if i > 0 {
					require.Equal(t, strings.ToLower(fork.Name), found.Fork.String())
				}
			}
		})
	}
}

// An execution layer's fork of the same upgrade is at the time of the slot at which the consensus layer's epoch begins.
func TestBothLayersOfAPublicNetworkForkAtTheSameMoment(t *testing.T) {
	for name, forks := range map[string]*execution.ChainConfig{
		"mainnet": execution.MainnetChainConfig, "sepolia": execution.SepoliaChainConfig, "hoodi": execution.HoodiChainConfig,
	} {
		n, err := FindNetwork(name)
		require.NoError(t, err)
		times := map[beacon.Fork]*uint64{beacon.Capella: forks.ShanghaiTime, beacon.Deneb: forks.CancunTime, beacon.Electra: forks.PragueTime, beacon.Fulu: forks.OsakaTime}
		for _, fork := range n.Consensus.Forks {
			if at := times[fork.Fork]; fork.Epoch > 0 && at != nil {
				require.EqualValues(t, *at, n.Consensus.SlotTime(fork.Epoch*n.Consensus.SlotsPerEpoch).Unix(), "%s %s", name, fork.Fork)
			}
		}
	}
}

func TestSepoliaIsBelievedUpToItsGloas(t *testing.T) {
	n := beacon.SepoliaNetwork()
	_, err := n.ForkAt(n.End*n.SlotsPerEpoch - 1)
	require.NoError(t, err)
	_, err = n.ForkAt(n.End * n.SlotsPerEpoch)
	require.ErrorIs(t, err, beacon.ErrFork)
}

func testNetwork() Network {
	return Network{Name: "test-1", ChainID: testNumber, Consensus: forks()}
}

func TestANetworkIsReadBackFromTheFileThatItWasWrittenTo(t *testing.T) {
	for _, n := range append(PublicNetworks(), testNetwork()) {
		path := filepath.Join(t.TempDir(), "network.json")
		require.NoError(t, n.WriteFile(path))
		found, err := FindNetwork(path)
		require.NoError(t, err)
		require.Equal(t, n, found)
	}
	bad := testNetwork()
	bad.ChainID = 0
	require.ErrorIs(t, bad.WriteFile(filepath.Join(t.TempDir(), "x")), ErrNetwork)
	_, err := FindNetwork("holesky")
	require.ErrorIs(t, err, ErrNetwork)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "mainnet, sepolia, hoodi")
}

func TestANetworkThatCanNotBeIsRefusedByName(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(map[string]any)
		says   string
	}{
		"no name":                {func(f map[string]any) { delete(f, "name") }, `name ""`},
		"a name with a slash":    {func(f map[string]any) { f["name"] = "a/b" }, `name "a/b"`},
		"a long name":            {func(f map[string]any) { f["name"] = strings.Repeat("a", 33) }, "1 to 32"},
		"no chain id":            {func(f map[string]any) { delete(f, "chain_id") }, "chain_id is 0"},
		"no genesis root":        {func(f map[string]any) { delete(f, "genesis_validators_root") }, "genesis validators root"},
		"a short genesis root":   {func(f map[string]any) { f["genesis_validators_root"] = "0x12" }, "0x12"},
		"no genesis time":        {func(f map[string]any) { delete(f, "genesis_time") }, "genesis time"},
		"a slot of no time":      {func(f map[string]any) { f["slot_duration_ms"] = 0 }, "slot of 0s"},
		"a slot of an hour":      {func(f map[string]any) { f["slot_duration_ms"] = 3_600_000 }, "slot_duration_ms 3600000"},
		"a negative slot":        {func(f map[string]any) { f["slot_duration_ms"] = -1 }, "slot_duration_ms -1"},
		"no slots":               {func(f map[string]any) { f["slots_per_epoch"] = 0 }, "0 slots an epoch"},
		"a committee of 33":      {func(f map[string]any) { f["sync_committee_size"] = 33 }, "33 keys"},
		"no forks":               {func(f map[string]any) { f["forks"] = []any{} }, "active from epoch 0"},
		"an unknown fork":        {func(f map[string]any) { f["forks"].([]any)[0].(map[string]any)["name"] = "gloas" }, "gloas"},
		"a fork's short version": {func(f map[string]any) { f["forks"].([]any)[0].(map[string]any)["version"] = "0x03" }, "0x03"},
		"forks out of order":     {func(f map[string]any) { f["forks"].([]any)[1].(map[string]any)["epoch"] = 17 }, "listed after"},
		"a first fork too late":  {func(f map[string]any) { f["forks"].([]any)[0].(map[string]any)["epoch"] = 1 }, "active from epoch 0"},
		"only an old fork": {func(f map[string]any) {
			f["forks"] = []any{map[string]any{"name": "altair", "epoch": 0, "version": "0x01000000"}}
		}, "last fork is altair"},
		"an end before its forks": {func(f map[string]any) { f["end_epoch"] = 24 }, "end_epoch 24"},
		"an unknown field":        {func(f map[string]any) { f["genesis_fork_version"] = "0x00000000" }, "genesis_fork_version"},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := testNetwork().Marshal()
			require.NoError(t, err)
			var fields map[string]any
			require.NoError(t, json.Unmarshal(raw, &fields))
			tc.change(fields)
			raw, err = json.Marshal(fields)
			require.NoError(t, err)
			_, err = ParseNetwork(raw)
			require.ErrorIs(t, err, ErrNetwork)
			require.ErrorContains(t, err, tc.says)
		})
	}
	raw, err := testNetwork().Marshal()
	require.NoError(t, err)
	for name, bad := range map[string][]byte{
		"nothing": nil, "no object": []byte("[]"), "two": append(raw, raw...), "too long": append(raw, make([]byte, maxNetworkFile)...),
	} {
		_, err := ParseNetwork(bad)
		require.ErrorIs(t, err, ErrNetwork, name)
	}
}

func FuzzANetworksDefinitionIsRefusedOrReadBackTheSame(f *testing.F) {
	raw, err := testNetwork().Marshal()
	require.NoError(f, err)
	f.Add(raw)
	f.Add([]byte(`{"forks":[{}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, err := ParseNetwork(raw)
		if err != nil {
			return
		}
		again, err := n.Marshal()
		require.NoError(t, err)
		same, err := ParseNetwork(again)
		require.NoError(t, err)
		require.Equal(t, n, same)
	})
}

func TestASourceOfAnotherNetworkIsRefusedByName(t *testing.T) {
	chain, w := busy(t)
	want := Network{Name: "test", ChainID: testNumber, Consensus: chain.Network}
	for name, tc := range map[string]struct {
		change func(*node)
		beacon error
		block  error
		says   string
	}{
		"the same":                 {change: func(*node) {}},
		"another chain id":         {func(n *node) { n.network.ChainID++ }, nil, ErrForeignNetwork, ""},
		"another genesis":          {func(n *node) { n.network.Consensus.GenesisValidatorsRoot[31]++ }, ErrForeignNetwork, nil, "genesis_validators_root"},
		"another time":             {func(n *node) { n.network.Consensus.GenesisTime = ethtest.Genesis.Add(time.Second) }, ErrForeignNetwork, nil, "genesis_time"},
		"other slots":              {func(n *node) { n.network.Consensus.SlotDuration = 12 * time.Second }, ErrForeignNetwork, nil, "SLOT_DURATION_MS 12000"},
		"another preset":           {func(n *node) { n.network.Consensus.Preset = beacon.MainnetPreset() }, ErrForeignNetwork, nil, "SLOTS_PER_EPOCH 32"},
		"a fork's other version":   {func(n *node) { n.constants = map[string]any{"DENEB_FORK_VERSION": "0x04000002"} }, ErrForeignNetwork, nil, "DENEB_FORK_VERSION"},
		"a fork at another epoch":  {func(n *node) { n.constants = map[string]any{"FULU_FORK_EPOCH": "25"} }, ErrForeignNetwork, nil, "FULU_FORK_EPOCH 25"},
		"a fork that is not known": {func(n *node) { n.constants = map[string]any{"GLOAS_FORK_EPOCH": "99"} }, beacon.ErrFork, nil, "gloas at epoch 99"},
		"one that is not planned":  {change: func(n *node) { n.constants = map[string]any{"GLOAS_FORK_EPOCH": "18446744073709551615"} }},
		"a fork before the first":  {change: func(n *node) { n.constants = map[string]any{"ALTAIR_FORK_EPOCH": "0"} }},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t, chain, w)
			n.network.Consensus.Forks = append([]beacon.Activation{}, n.network.Consensus.Forks...)
			tc.change(n)
			b, err := NewHTTPBeacon(n.URL, chain.Network, 0)
			require.NoError(t, err)
			e, err := NewHTTPExecution(n.URL, 0)
			require.NoError(t, err)
			err = b.CheckNetwork(t.Context(), want)
			require.ErrorIs(t, err, tc.beacon)
			if tc.says != "" {
				require.ErrorContains(t, err, tc.says)
			}
			require.ErrorIs(t, e.CheckNetwork(t.Context(), want), tc.block)
			n.Close()
			require.Error(t, b.CheckNetwork(t.Context(), want))
			require.NotErrorIs(t, e.CheckNetwork(t.Context(), want), ErrForeignNetwork, "silence is no word")
		})
	}
}

func TestAForkThatTheNetworkEndsBeforeIsNoSurprise(t *testing.T) {
	n := Network{Name: "sepolia", ChainID: 11_155_111, Consensus: beacon.SepoliaNetwork()}
	require.NoError(t, n.checkSpec("s", map[string]uint64{"GLOAS_FORK_EPOCH": 353_024}))
	require.ErrorIs(t, n.checkSpec("s", map[string]uint64{"GLOAS_FORK_EPOCH": 353_023}), beacon.ErrFork)
	n.Consensus.Forks = n.Consensus.Forks[:5]
	require.ErrorIs(t, n.checkSpec("s", map[string]uint64{"ELECTRA_FORK_EPOCH": 222_464}), ErrForeignNetwork)
	_, err := FindNetwork("")
	require.ErrorIs(t, err, ErrNetwork)
	require.NotErrorIs(t, err, lightclient.ErrMalformed)
}

func TestACheckpointIsLookedAtBeforeAClientIsRootedInIt(t *testing.T) {
	chain, w := busy(t)
	n := newNode(t, chain, w)
	b, err := NewHTTPBeacon(n.URL, chain.Network, 0)
	require.NoError(t, err)
	now := chain.Now(100)
	good := lightclient.Checkpoint{Height: 20, Hash: chain.Blocks[20].Root}
	age, err := b.CheckCheckpoint(t.Context(), good, now, time.Hour)
	require.NoError(t, err)
	require.Equal(t, 80*chain.Network.SlotDuration, age)
	_, err = b.CheckCheckpoint(t.Context(), good, now, age-1)
	require.ErrorIs(t, err, beacon.ErrStaleCheckpoint)
	_, err = b.CheckCheckpoint(t.Context(), lightclient.Checkpoint{Height: 21, Hash: good.Hash}, now, time.Hour)
	require.ErrorIs(t, err, lightclient.ErrCheckpoint)
	_, err = b.CheckCheckpoint(t.Context(), lightclient.Checkpoint{Height: 20, Hash: [32]byte{1}}, now, time.Hour)
	require.ErrorIs(t, err, lightclient.ErrHeightUnavailable)
}

func TestABeaconSourceThatCantLeadOnFromACheckpointIsTold(t *testing.T) {
	chain, w := busy(t)
	n := newNode(t, chain, w)
	b, err := NewHTTPBeacon(n.URL, chain.Network, 0)
	require.NoError(t, err)
	require.NoError(t, b.CheckFollowing(t.Context(), 20))
	n.fake.updates = func([]*beacon.Update) []*beacon.Update { return nil }
	err = b.CheckFollowing(t.Context(), 20)
	require.ErrorIs(t, err, lightclient.ErrHeightUnavailable)
	require.ErrorContains(t, err, "no update of sync committee period")
	newest, err := b.FinalityUpdate(t.Context())
	require.NoError(t, err)
	require.NoError(t, b.CheckFollowing(t.Context(), newest.Attested.Beacon.Slot), "of a period that goes on there may be none yet")
	n.fake.before = func(_ context.Context, method string) error {
		if method == "finality" {
			return errors.New("light client server is off")
		}
		return nil
	}
	require.Error(t, b.CheckFollowing(t.Context(), 20))
}

func TestASourceThatKeepsNoReceiptsIsTold(t *testing.T) {
	chain, w := busy(t)
	n := newNode(t, chain, w)
	e, err := NewHTTPExecution(n.URL, 0)
	require.NoError(t, err)
	n.fake.before = func(_ context.Context, method string) error {
		if method == "receipts" {
			return lightclient.ErrHeightUnavailable
		}
		return nil
	}
	_, err = e.CheckHistory(t.Context(), 100)
	require.ErrorIs(t, err, lightclient.ErrHeightUnavailable)
	require.ErrorContains(t, err, "transactions and receipts of block 20")
}

func TestASourceThatKeepsOnlyRecentStatesIsTold(t *testing.T) {
	chain, w := busy(t)
	n := newNode(t, chain, w)
	e, err := NewHTTPExecution(n.URL, 0)
	require.NoError(t, err)
	number, err := e.CheckHistory(t.Context(), 100)
	require.NoError(t, err)
	require.EqualValues(t, 20, number)
	number, err = e.CheckHistory(t.Context(), 1_000)
	require.Error(t, err, "the block of genesis is none here")
	require.Zero(t, number)
	n.fake.proof = func(common.Hash, common.Address, []common.Hash) (StateProof, error) {
		return StateProof{}, errors.New("distance to target block exceeds maximum proof window")
	}
	_, err = e.CheckHistory(t.Context(), 100)
	require.ErrorIs(t, err, lightclient.ErrHeightUnavailable)
	require.ErrorContains(t, err, "block 20, 100 below its head")
	n.fake.proof = func(common.Hash, common.Address, []common.Hash) (StateProof, error) { return StateProof{}, nil }
	_, err = e.CheckHistory(t.Context(), 100)
	require.ErrorIs(t, err, lightclient.ErrHeightUnavailable, "an empty answer is no proof")
}
