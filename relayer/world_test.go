package relayer

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/journal"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestMain(m *testing.M) {
	sdk.GetConfig().SetBech32PrefixForAccount("stafi", "stafipub")
	os.Exit(m.Run())
}

// world is both chains, with the members of one contract whose relayers run step by step.
type world struct {
	t       *testing.T
	stafi   *fakeStafi
	origin  *fakeOrigin
	members []*memberOf
	// threshold of vault 1.
	threshold uint32
}

// memberOf is an operator: its keys and its disk outlive its processes.
type memberOf struct {
	w        *world
	operator string
	cfg      Config
	keys     Keys
	// home holds the beacon key, whose public half is beacon.
	home    string
	beacon  pvss.PublicKey
	disk    *mortalDisk
	process *process
}

// process is one life of a relayer.
type process struct {
	relayer  *Relayer
	follower *follower
	killed   *atomic.Bool
	last     int64
}

// leastEvent is what an inflow has to be at least to be an event.
const leastEvent = 10

func newWorld(t *testing.T, members int) *world {
	t.Helper()
	w := &world{t: t, stafi: newFakeStafi(), origin: newFakeOrigin(), threshold: uint32(min(members, 3))}
	for i := range members {
		w.addMember(i)
	}
	w.stafi.contract = contracttypes.Contract{
		Id: 1, ChainId: originChain, Kind: multisigtypes.CHAIN_KIND_COSMOS, Denom: originDenom, RtokenDenom: "r" + originDenom,
		Cosmos: &contracttypes.CosmosChain{
			Bech32Prefix: originPrefix, TxSigLimit: 7, GasPrice: math.LegacyMustNewDecFromStr("0.01"), GasBase: 100_000,
			GasPerSignature: 10_000, GasPerOutput: 20_000, TimeoutBlocks: 100, MaxObservationLag: 20,
			CheckpointHeight: checkpointHeight, CheckpointHash: make([]byte, 32), TrustingPeriod: time.Hour,
		},
	}
	w.stafi.state = contracttypes.ContractState{
		Contract: 1, ObservedHeight: checkpointHeight, ObservedAt: w.stafi.height, LeastEvent: math.NewInt(leastEvent),
	}
	return w
}

func (w *world) addMember(i int) {
	ring := keyring.NewInMemory(stafi.NewCodec())
	for _, name := range []string{"submitter", "signer"} {
		_, _, err := ring.NewMnemonic(name, keyring.English, sdk.FullFundraiserPath, "", hd.Secp256k1)
		require.NoError(w.t, err)
	}
	cfg := DefaultConfig()
	cfg.ChainID = stafiChain
	chain := DefaultChain()
	chain.ChainID, chain.Sources, chain.GasPrice = originChain, []string{"http://source:26657"}, "0.01"+originDenom
	cfg.Chains = []ChainConfig{chain}
	require.NoError(w.t, cfg.Validate())
	keys, err := NewKeys(ring, cfg)
	require.NoError(w.t, err)
	m := &memberOf{
		w: w, operator: fmt.Sprintf("stafivaloper%02d", i), cfg: cfg, keys: keys, disk: newMortalDisk(), home: w.t.TempDir(),
	}
	m.beacon, err = CreateBeaconKey(cfg.BeaconKeyPath(m.home))
	require.NoError(w.t, err)
	w.members = append(w.members, m)
	submitter := keys.Submitter.Address().String()
	w.stafi.operators[submitter] = m.operator
	w.stafi.candidates[m.operator] = ssvtypes.CandidateInfo{
		Candidate: ssvtypes.Candidate{Operator: m.operator, Submitter: submitter, BeaconKey: bytes.Clone(m.beacon[:])},
		Heartbeat: &ssvtypes.Heartbeat{Operator: m.operator, Height: w.stafi.height},
	}
}

// addVault makes a vault of all members and returns it.
func (w *world) addVault(id uint64, status multisigtypes.VaultStatus, threshold uint32) multisigtypes.Vault {
	keys := make([][]byte, len(w.members))
	byKey := map[string]string{}
	for i, m := range w.members {
		keys[i] = m.keys.Signers[originChain][0].PubKey.Key
		byKey[string(keys[i])] = m.operator
	}
	// Another threshold makes another address of the same members.
	address, sorted, err := vaultcosmos.Address(originPrefix, threshold, keys)
	require.NoError(w.t, err)
	vault := multisigtypes.Vault{
		Id: id, Contract: 1, Generation: id, Kind: multisigtypes.CHAIN_KIND_COSMOS, ChainId: originChain, Bech32Prefix: originPrefix,
		Address: address, Size_: uint32(len(keys)), Threshold: threshold, Status: status, CreatedHeight: w.stafi.height,
	}
	for i, key := range sorted {
		w.stafi.signers[id] = append(w.stafi.signers[id], multisigtypes.Signer{Operator: byKey[string(key)], Key: key, Index: uint32(i)})
	}
	w.stafi.vaults[id] = vault
	w.stafi.ledgers[id] = contracttypes.Ledger{Vault: id, Contract: 1, Balance: math.ZeroInt()}
	return vault
}

// activeVault makes vault 1 ACTIVE with an account and a balance that the ledger knows.
func (w *world) activeVault(balance int64) multisigtypes.Vault {
	vault := w.addVault(1, multisigtypes.VAULT_STATUS_ACTIVE, w.threshold)
	vault.AccountKnown, vault.AccountNumber = true, 77
	w.stafi.vaults[1] = vault
	w.stafi.state.ActiveVault = 1
	ledger := w.stafi.ledgers[1]
	ledger.Balance = math.NewInt(balance)
	w.stafi.ledgers[1] = ledger
	w.origin.give(vault.Address, balance)
	return vault
}

// sequenceOf returns the members in the order of a vault's keys.
func (w *world) sequenceOf(vault uint64) []*memberOf {
	var ordered []*memberOf
	for _, signer := range w.stafi.signers[vault] {
		i := slices.IndexFunc(w.members, func(m *memberOf) bool { return m.operator == signer.Operator })
		ordered = append(ordered, w.members[i])
	}
	return ordered
}

// start begins a new life of a member's relayer on its disk.
func (m *memberOf) start() error {
	killed := &atomic.Bool{}
	alive := func() bool { return !killed.Load() && !m.disk.dead() }
	node := m.w.stafi.node(m.w.t, fakeRPC{f: m.w.stafi, alive: alive})
	memory, err := journal.New(m.disk.revive(), journal.Owner{ChainID: stafiChain, Submitter: m.keys.Submitter.Address().String()})
	if err != nil {
		return err
	}
	r, err := New(Parts{
		Config: m.cfg, Keys: m.keys, Node: node, Journal: memory, Beacon: OpenBeaconKeys(m.home, m.cfg), Log: log.NewNopLogger(),
		OpenClient: func(ChainConfig, string, stafi.Contract, log.Logger) (lightclient.Client, error) {
			return fakeClient{f: m.w.origin, alive: alive}, nil
		},
	})
	if err != nil {
		return err
	}
	m.process = &process{relayer: r, killed: killed, follower: &follower{relayer: r, cfg: m.cfg.Chains[0], feed: r.feeds[originChain]}}
	return nil
}

func (w *world) startAll() {
	for _, m := range w.members {
		require.NoError(w.t, m.start())
	}
}

// step lets a member's relayer look at both chains once.
func (m *memberOf) step() error {
	ctx := context.Background()
	last, err := m.process.relayer.stafiRound(ctx, m.process.last)
	m.process.last = last
	if err != nil {
		return err
	}
	return m.process.follower.round(ctx)
}

// blocks makes n blocks on both chains, every relayer looking after each.
func (w *world) blocks(n int) {
	w.t.Helper()
	for range n {
		w.origin.nextBlock()
		w.stafi.nextBlock()
		for _, m := range w.members {
			if m.process != nil {
				require.NoError(w.t, m.step())
			}
		}
	}
}

func (w *world) executed() []string {
	w.stafi.mu.Lock()
	defer w.stafi.mu.Unlock()
	return slices.Clone(w.stafi.executed)
}

func (w *world) alarms(m *memberOf) []string {
	var keys []string
	for _, alarm := range m.process.relayer.Board().Report().Alarms {
		keys = append(keys, alarm.Key)
	}
	return keys
}

func (m *memberOf) lastError(duty string) string {
	for _, found := range m.process.relayer.Board().Report().Duties {
		if found.Name == duty && found.LastError != "" {
			return found.LastError
		}
	}
	return ""
}

// mortalDisk is a database that dies at a chosen write: the write is lost, or it is the last thing that happens.
type mortalDisk struct {
	*dbm.MemDB
	writes int
	// dieAt counts writes from 1; 0 lives for ever. after lets the fatal write reach the disk.
	dieAt int
	after bool
	died  bool
}

func newMortalDisk() *mortalDisk { return &mortalDisk{MemDB: dbm.NewMemDB()} }

func (d *mortalDisk) dead() bool { return d.died }

func (d *mortalDisk) revive() *mortalDisk {
	d.died = false
	return d
}

// fatal counts a write and tells whether it must not happen, and the error after it.
func (d *mortalDisk) fatal() (lost bool, err error) {
	if d.died {
		return true, errKilled
	}
	d.writes++
	if d.dieAt == 0 || d.writes != d.dieAt {
		return false, nil
	}
	d.died = true
	return !d.after, errKilled
}

func (d *mortalDisk) SetSync(key, value []byte) error {
	lost, err := d.fatal()
	if lost {
		return err
	}
	return firstOf(d.MemDB.SetSync(key, value), err)
}

func (d *mortalDisk) NewBatch() dbm.Batch { return &mortalBatch{Batch: d.MemDB.NewBatch(), disk: d} }

type mortalBatch struct {
	dbm.Batch
	disk *mortalDisk
}

func (b *mortalBatch) WriteSync() error {
	lost, err := b.disk.fatal()
	if lost {
		return err
	}
	return firstOf(b.Batch.WriteSync(), err)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func account(t *testing.T, key Key) string {
	t.Helper()
	address, err := bech32.ConvertAndEncode(originPrefix, key.PubKey.Address())
	require.NoError(t, err)
	return address
}
