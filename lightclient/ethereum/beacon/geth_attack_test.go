package beacon_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/beacon/light"
	"github.com/ethereum/go-ethereum/beacon/merkle"
	"github.com/ethereum/go-ethereum/beacon/params"
	"github.com/ethereum/go-ethereum/beacon/types"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethdb/memorydb"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
)

// A committee of long ago signs a head of today in a slot of its own period.
// go-ethereum v1.17.8 takes it: it looks the committee up by the signature's
// slot and does not compare that with the head's.
func TestTheOldCommitteesHeadThatGethTakesIsRefused(t *testing.T) {
	n := ethtest.Network(0, 0, 0)
	n.Preset = beacon.MainnetPreset()
	const period, slots = 100, 8192
	chain := ethtest.New(n, 1, 0, nil)
	committee := chain.Committee(period)
	state := ethtest.Tree{86: committee.Root, 87: {2}}
	start := ethtest.Sealed(period*slots+8, state, beacon.Fulu)
	forged := &beacon.Update{Attested: ethtest.Sealed((period+5)*slots+9, ethtest.Tree{169: {1}}, beacon.Fulu), SignatureSlot: period*slots + 20}
	chain.SignAs(forged, period, n.Forks[3].Version, 512)

	require.True(t, gethTakes(t, &n, start, state, committee.Public, forged))

	s, err := n.NewStore(start.Beacon.Root(), &beacon.Bootstrap{Header: start, Committee: committee.Public, Branch: state.Branch(86)})
	require.NoError(t, err)
	require.ErrorIs(t, n.VerifyUpdate(s, forged, (period+6)*slots), beacon.ErrSlotOrder)
	forged.SignatureSlot = (period+5)*slots + 10
	require.ErrorIs(t, n.VerifyUpdate(s, forged, (period+6)*slots), beacon.ErrPeriod)
}

func gethTakes(t *testing.T, n *beacon.Network, start beacon.Header, state ethtest.Tree, committee *beacon.SyncCommittee, head *beacon.Update) bool {
	t.Helper()
	version := n.Forks[3].Version
	config := (&params.ChainConfig{
		GenesisTime: uint64(n.GenesisTime.Unix()), GenesisValidatorsRoot: common.Hash(n.GenesisValidatorsRoot),
		Checkpoint: common.Hash(start.Beacon.Root()),
	}).AddFork("FULU", 0, version[:])
	var keys types.SerializedSyncCommittee
	for i := range committee.Pubkeys {
		copy(keys[48*i:], committee.Pubkeys[i][:])
	}
	copy(keys[48*512:], committee.Aggregate[:])
	var branch merkle.Values
	for _, node := range state.Branch(86) {
		branch = append(branch, merkle.Value(node))
	}
	chain := light.NewCommitteeChain(memorydb.New(), config, params.SyncCommitteeSupermajority, false)
	require.NoError(t, chain.CheckpointInit(types.BootstrapData{
		Version: "fulu", Header: gethHeader(start.Beacon), Committee: &keys, CommitteeRoot: keys.Root(), CommitteeBranch: branch,
	}))
	signed := types.SignedHeader{Header: gethHeader(head.Attested.Beacon), SignatureSlot: head.SignatureSlot}
	copy(signed.Signature.Signers[:], head.Aggregate.Bits)
	signed.Signature.Signature = head.Aggregate.Signature
	ok, _, err := chain.VerifySignedHeader(signed)
	require.NoError(t, err)
	return ok
}

func gethHeader(h beacon.BlockHeader) types.Header {
	return types.Header{
		Slot: h.Slot, ProposerIndex: h.ProposerIndex,
		ParentRoot: common.Hash(h.ParentRoot), StateRoot: common.Hash(h.StateRoot), BodyRoot: common.Hash(h.BodyRoot),
	}
}
