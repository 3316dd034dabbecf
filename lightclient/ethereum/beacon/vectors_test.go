package beacon

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// vectorStep is one step of a case of the consensus specs' sync tests.
type vectorStep struct {
	Process *struct {
		Update string        `yaml:"update"`
		Now    uint64        `yaml:"current_slot"`
		Checks vectorHeaders `yaml:"checks"`
	} `yaml:"process_update"`
	Force *struct {
		Now    uint64        `yaml:"current_slot"`
		Checks vectorHeaders `yaml:"checks"`
	} `yaml:"force_update"`
}

type vectorHeaders struct {
	Finalized  vectorHeader `yaml:"finalized_header"`
	Optimistic vectorHeader `yaml:"optimistic_header"`
}

type vectorHeader struct {
	Slot          uint64 `yaml:"slot"`
	Root          string `yaml:"beacon_root"`
	ExecutionRoot string `yaml:"execution_root"`
}

// vectorCase runs a case. Forced updates and optimistic headers are the test's
// own, so that what follows a forced update is reached as well.
type vectorCase struct {
	network    Network
	fork       Fork
	dir        string
	store      *Store
	optimistic Header
	best       *Update
	applied    int
}

func TestTheConsensusSpecsSyncCasesGetTheirVerdicts(t *testing.T) {
	for _, fork := range []Fork{Deneb, Electra} {
		dirs, err := filepath.Glob(filepath.Join("testdata", "spec", fork.String(), "*"))
		require.NoError(t, err)
		require.NotEmpty(t, dirs)
		for _, dir := range dirs {
			t.Run(fork.String()+" "+filepath.Base(dir), func(t *testing.T) { runVectorCase(t, fork, dir) })
		}
	}
}

func runVectorCase(t *testing.T, fork Fork, dir string) {
	t.Helper()
	var meta struct {
		Validators string `yaml:"genesis_validators_root"`
		Trusted    string `yaml:"trusted_block_root"`
	}
	readYAML(t, &meta, dir, "meta.yaml")
	c := &vectorCase{network: vectorNetwork(t, dir, fork, root(t, meta.Validators)), fork: fork, dir: dir}
	raw := readSnappy(t, dir, "bootstrap.ssz_snappy")
	bootstrap, err := c.network.DecodeBootstrap(raw, fork)
	require.NoError(t, err)
	again, err := c.network.EncodeBootstrap(bootstrap, fork)
	require.NoError(t, err)
	require.Equal(t, raw, again)
	c.store, err = c.network.NewStore(root(t, meta.Trusted), bootstrap)
	require.NoError(t, err)
	c.optimistic = c.store.Finalized
	var steps []vectorStep
	readYAML(t, &steps, dir, "steps.yaml")
	require.NotEmpty(t, steps)
	for i, step := range steps {
		switch {
		case step.Process != nil:
			c.process(t, step.Process.Update, step.Process.Now)
			c.check(t, i, step.Process.Checks)
		case step.Force != nil:
			c.force(t, step.Force.Now)
			c.check(t, i, step.Force.Checks)
		default:
			t.Fatalf("step %d is of an unknown kind", i)
		}
	}
	require.NotZero(t, c.applied)
}

// vectorNetwork is the minimal preset with the case's own forks.
func vectorNetwork(t *testing.T, dir string, last Fork, validators Root) Network {
	t.Helper()
	var config map[string]string
	readYAML(t, &config, dir, "config.yaml")
	n := Network{Preset: MinimalPreset(), GenesisTime: time.Unix(1578009900, 0), GenesisValidatorsRoot: validators, SlotDuration: 6 * time.Second}
	for f := Phase0; f <= last; f++ {
		name := map[Fork]string{Phase0: "GENESIS", Altair: "ALTAIR", Bellatrix: "BELLATRIX", Capella: "CAPELLA", Deneb: "DENEB", Electra: "ELECTRA"}[f]
		if epoch := config[name+"_FORK_EPOCH"]; f != Phase0 {
			require.Equal(t, "0", epoch)
		}
		var version Version
		require.NoError(t, version.UnmarshalText([]byte(config[name+"_FORK_VERSION"])))
		n.Forks = append(n.Forks, Activation{Fork: f, Version: version})
	}
	require.NoError(t, n.Validate())
	return n
}

func (c *vectorCase) process(t *testing.T, file string, now uint64) {
	t.Helper()
	raw := readSnappy(t, c.dir, file+".ssz_snappy")
	u, err := c.network.DecodeUpdate(raw, c.fork)
	require.NoError(t, err)
	again, err := c.network.EncodeUpdate(u, c.fork)
	require.NoError(t, err)
	require.Equal(t, raw, again)
	require.NoError(t, c.network.VerifyUpdate(c.store, u, now))
	if u.Attested.Beacon.Slot > c.optimistic.Beacon.Slot {
		c.optimistic = u.Attested
	}
	next, err := c.network.Apply(c.store, u, now)
	if err != nil {
		c.best = u
		return
	}
	c.applied++
	c.best = nil
	c.take(next)
}

func (c *vectorCase) take(next *Store) {
	c.store = next
	if next.Finalized.Beacon.Slot > c.optimistic.Beacon.Slot {
		c.optimistic = next.Finalized
	}
}

// force is the specs' timeout, which this package never does: the best update's
// finalized header, or its attested one, is taken without finality.
func (c *vectorCase) force(t *testing.T, now uint64) {
	t.Helper()
	if c.best == nil || now <= c.store.Finalized.Beacon.Slot+c.network.SlotsPerEpoch*c.network.EpochsPerPeriod {
		return
	}
	u := *c.best
	if u.Finalized == nil || u.Finalized.Beacon.Slot <= c.store.Finalized.Beacon.Slot {
		u.Finalized = &u.Attested
	}
	next, err := c.network.advance(c.store, &u)
	require.NoError(t, err)
	c.best = nil
	c.take(next)
}

func (c *vectorCase) check(t *testing.T, i int, want vectorHeaders) {
	t.Helper()
	for name, pair := range map[string]struct {
		got  *Header
		want vectorHeader
	}{"finalized": {&c.store.Finalized, want.Finalized}, "optimistic": {&c.optimistic, want.Optimistic}} {
		require.Equal(t, pair.want.Slot, pair.got.Beacon.Slot, "step %d %s", i, name)
		require.Equal(t, pair.want.Root, pair.got.Beacon.Root().String(), "step %d %s", i, name)
		require.Equal(t, pair.want.ExecutionRoot, pair.got.Execution.Root(c.fork).String(), "step %d %s", i, name)
	}
}
