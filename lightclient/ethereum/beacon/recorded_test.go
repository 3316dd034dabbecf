package beacon

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// proof is recorded bytes, what takes them, and where a byte may change without
// meaning anything: only in an update's signature slot, which nobody signs (see
// TestAnySingleByteChangedInAnUpdateIsRefused).
type proof struct {
	name     string
	raw      []byte
	take     func([]byte) error
	from, to int
}

func updateProof(t *testing.T, name string, n *Network, s *Store, u *Update, now uint64) proof {
	t.Helper()
	fork, err := n.ForkAt(u.Attested.Beacon.Slot)
	require.NoError(t, err)
	raw, err := n.EncodeUpdate(u, fork)
	require.NoError(t, err)
	slot := int(raw[0]) | int(raw[1])<<8 | int(raw[2])<<16
	return proof{name: name, raw: raw, from: slot - 8, to: slot, take: func(raw []byte) error {
		u, err := n.DecodeUpdate(raw, fork)
		if err == nil {
			_, err = n.Apply(s, u, now)
		}
		return err
	}}
}

func bootstrapProof(t *testing.T, name string, n *Network, b *Bootstrap) proof {
	t.Helper()
	trusted := b.Header.Beacon.Root()
	fork, err := n.ForkAt(b.Header.Beacon.Slot)
	require.NoError(t, err)
	raw, err := n.EncodeBootstrap(b, fork)
	require.NoError(t, err)
	return proof{name: name, raw: raw, take: func(raw []byte) error {
		b, err := n.DecodeBootstrap(raw, fork)
		if err == nil {
			_, err = n.NewStore(trusted, b)
		}
		return err
	}}
}

// recordedMainnet is its bootstrap and its newest finality; its updates of
// periods have a test of their own.
func recordedMainnet(t *testing.T) []proof {
	t.Helper()
	m := loadMainnet(t)
	s := m.store(t)
	for _, u := range m.updates {
		var err error
		s, err = m.network.Apply(s, u, m.finality.SignatureSlot)
		require.NoError(t, err)
	}
	return []proof{
		bootstrapProof(t, "mainnet's bootstrap", &m.network, m.bootstrap),
		updateProof(t, "mainnet's finality", &m.network, s, m.finality, m.finality.SignatureSlot),
	}
}

// recordedEureka is every update of the development networks.
func recordedEureka(t *testing.T) (proofs []proof) {
	t.Helper()
	for _, file := range []string{"Test_MultiPeriodClientUpdateToCosmos.json", "Test_ICS20TransferERC20TokenfromEthereumToCosmosAndBack.json"} {
		n, start, updates := loadEureka(t, file)
		s := &Store{Finalized: Header{Beacon: BlockHeader{Slot: start}}}
		for _, recorded := range updates {
			if recorded.Committee.Current != nil {
				s.Current = recorded.Committee.Current
			}
			if recorded.Committee.Next != nil {
				s.Next = recorded.Committee.Next
			}
			raw, err := json.Marshal(recorded.Update)
			require.NoError(t, err)
			u, err := n.ParseUpdate(raw)
			require.NoError(t, err)
			proofs = append(proofs, updateProof(t, file, n, s, u, u.SignatureSlot))
			s, err = n.Apply(s, u, u.SignatureSlot)
			require.NoError(t, err)
		}
	}
	return proofs
}

// recordedSpec is each case's bootstrap and every update that moves it.
func recordedSpec(t *testing.T) (proofs []proof) {
	t.Helper()
	for _, fork := range []Fork{Deneb, Electra} {
		dirs, err := filepath.Glob(filepath.Join("testdata", "spec", fork.String(), "*"))
		require.NoError(t, err)
		for _, dir := range dirs {
			var meta struct {
				Validators string `yaml:"genesis_validators_root"`
			}
			readYAML(t, &meta, dir, "meta.yaml")
			n := vectorNetwork(t, dir, fork, root(t, meta.Validators))
			b, err := n.DecodeBootstrap(readSnappy(t, dir, "bootstrap.ssz_snappy"), fork)
			require.NoError(t, err)
			proofs = append(proofs, bootstrapProof(t, dir, &n, b))
			s, err := n.NewStore(b.Header.Beacon.Root(), b)
			require.NoError(t, err)
			var steps []vectorStep
			readYAML(t, &steps, dir, "steps.yaml")
			for _, step := range steps {
				if step.Process == nil {
					continue
				}
				u, err := n.DecodeUpdate(readSnappy(t, dir, step.Process.Update+".ssz_snappy"), fork)
				require.NoError(t, err)
				if next, err := n.Apply(s, u, step.Process.Now); err == nil {
					proofs = append(proofs, updateProof(t, dir+" "+step.Process.Update, &n, s, u, step.Process.Now))
					s = next
				}
			}
		}
	}
	return proofs
}

func TestAnySingleByteChangedInAnythingRecordedIsRefused(t *testing.T) {
	for name, load := range map[string]func(*testing.T) []proof{
		"mainnet": recordedMainnet, "Electra to Fulu": recordedEureka, "consensus specs": recordedSpec,
	} {
		t.Run(name, func(t *testing.T) {
			proofs := load(t)
			require.NotEmpty(t, proofs)
			for _, p := range proofs {
				require.NoError(t, p.take(p.raw), p.name)
			}
			rapid.Check(t, func(rt *rapid.T) {
				p := rapid.SampledFrom(proofs).Draw(rt, "proof")
				at := rapid.IntRange(0, len(p.raw)-1).Draw(rt, "at")
				if p.from <= at && at < p.to {
					return
				}
				changed := append([]byte{}, p.raw...)
				changed[at] ^= byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
				if p.take(changed) == nil {
					rt.Fatalf("%s: byte %d of %d changed without notice", p.name, at, len(p.raw))
				}
			})
		})
	}
}
