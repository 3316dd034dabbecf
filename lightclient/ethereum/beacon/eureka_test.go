package beacon

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"
)

// eurekaUpdate is an update as a recorded IBC relayer sent it, with the
// committee that signed it.
type eurekaUpdate struct {
	Committee struct {
		Current *SyncCommittee `json:"Current"`
		Next    *SyncCommittee `json:"Next"`
	} `json:"active_sync_committee"`
	Update map[string]json.RawMessage `json:"consensus_update"`
}

type eurekaClient struct {
	Forks             map[string]json.RawMessage `json:"fork_parameters"`
	GenesisTime       int64                      `json:"genesis_time"`
	GenesisValidators Root                       `json:"genesis_validators_root"`
	LatestSlot        uint64                     `json:"latest_slot"`
	SecondsPerSlot    int64                      `json:"seconds_per_slot"`
}

// The recorded client knows slot, committees and state root of its start and no
// header, so its first store is put together here; all that follows is verified.
func TestARecordedDevelopmentNetworkOfElectraAndFuluIsFollowed(t *testing.T) {
	for _, file := range []string{
		"Test_MultiPeriodClientUpdateToCosmos.json",
		"Test_ICS20TransferERC20TokenfromEthereumToCosmosAndBack.json",
	} {
		n, start, updates := loadEureka(t, file)
		require.NotEmpty(t, updates)
		s := &Store{Finalized: Header{Beacon: BlockHeader{Slot: start}}}
		for _, recorded := range updates {
			if recorded.Committee.Current != nil {
				s.Current = recorded.Committee.Current
			}
			if recorded.Committee.Next != nil {
				if s.Next != nil {
					require.True(t, s.Next.equal(recorded.Committee.Next), "the committee proven is the one that signed")
				}
				s.Next = recorded.Committee.Next
			}
			raw, err := json.Marshal(recorded.Update)
			require.NoError(t, err)
			u, err := n.ParseUpdate(raw)
			require.NoError(t, err)
			fork, err := n.ForkAt(u.Attested.Beacon.Slot)
			require.NoError(t, err)
			require.Equal(t, Fulu, fork)
			s, err = n.Apply(s, u, u.SignatureSlot)
			require.NoError(t, err)
			require.Equal(t, *u.Finalized, s.Finalized)
			requireChangedBytesRefused(t, n, s, u)
		}
	}
}

// requireChangedBytesRefused changes each byte of the finality branch.
func requireChangedBytesRefused(t *testing.T, n *Network, s *Store, u *Update) {
	t.Helper()
	for i := range u.FinalityBranch {
		for at := range u.FinalityBranch[i] {
			u.FinalityBranch[i][at] ^= 1
			require.ErrorIs(t, n.checkFinality(s, u), ErrFinalityBranch)
			u.FinalityBranch[i][at] ^= 1
		}
	}
}

func loadEureka(t *testing.T, file string) (*Network, uint64, []eurekaUpdate) {
	t.Helper()
	var recorded struct {
		Steps []struct {
			Data struct {
				Client eurekaClient `json:"client_state"`
				Body   string       `json:"relayer_tx_body"`
			} `json:"data"`
		} `json:"steps"`
	}
	readJSON(t, &recorded, fixtureDir(t, "eureka_minimal"), file)
	client := recorded.Steps[0].Data.Client
	n := &Network{
		Preset: MinimalPreset(), GenesisTime: time.Unix(client.GenesisTime, 0),
		GenesisValidatorsRoot: client.GenesisValidators, SlotDuration: time.Duration(client.SecondsPerSlot) * time.Second,
		Forks: eurekaForks(t, client.Forks),
	}
	require.NoError(t, n.Validate())
	var updates []eurekaUpdate
	for _, step := range recorded.Steps[1:] {
		body, err := hex.DecodeString(step.Data.Body)
		require.NoError(t, err)
		updates = append(updates, eurekaUpdates(t, body)...)
	}
	return n, client.LatestSlot, updates
}

func eurekaForks(t *testing.T, raw map[string]json.RawMessage) []Activation {
	t.Helper()
	forks := []Activation{{Fork: Phase0}}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		f, err := ParseFork(name)
		if err != nil {
			continue // genesis_fork_version, genesis_slot
		}
		var a struct {
			Epoch   uint64  `json:"epoch"`
			Version Version `json:"version"`
		}
		require.NoError(t, json.Unmarshal(raw[name], &a))
		forks = append(forks, Activation{Fork: f, Epoch: a.Epoch, Version: a.Version})
	}
	slices.SortFunc(forks, func(a, b Activation) int { return int(a.Fork) - int(b.Fork) })
	return forks
}

// eurekaUpdates finds the JSON within protobuf. The recorder writes the base
// fee in hex, where the beacon API has decimals.
func eurekaUpdates(t *testing.T, body []byte) []eurekaUpdate {
	t.Helper()
	var updates []eurekaUpdate
	for {
		at := bytes.Index(body, []byte(`{"`))
		if at < 0 {
			return updates
		}
		var u eurekaUpdate
		decoder := json.NewDecoder(bytes.NewReader(body[at:]))
		require.NoError(t, decoder.Decode(&u))
		body = body[at+int(decoder.InputOffset()):]
		if u.Update == nil {
			continue
		}
		for _, name := range []string{"attested_header", "finalized_header"} {
			var header struct {
				Beacon    json.RawMessage            `json:"beacon"`
				Execution map[string]json.RawMessage `json:"execution"`
				Branch    json.RawMessage            `json:"execution_branch"`
			}
			require.NoError(t, json.Unmarshal(u.Update[name], &header))
			var fee uint256.Int
			require.NoError(t, json.Unmarshal(header.Execution["base_fee_per_gas"], &fee))
			header.Execution["base_fee_per_gas"] = json.RawMessage(`"` + fee.Dec() + `"`)
			raw, err := json.Marshal(map[string]any{"beacon": header.Beacon, "execution": header.Execution, "execution_branch": header.Branch})
			require.NoError(t, err)
			u.Update[name] = raw
		}
		updates = append(updates, u)
	}
}
