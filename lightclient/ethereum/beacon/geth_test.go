package beacon

import (
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/beacon/light"
	"github.com/ethereum/go-ethereum/beacon/merkle"
	"github.com/ethereum/go-ethereum/beacon/params"
	"github.com/ethereum/go-ethereum/beacon/types"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethdb/memorydb"
	"github.com/stretchr/testify/require"
)

// A second opinion: go-ethereum's own light client.

func gethHeader(h *BlockHeader) types.Header {
	return types.Header{
		Slot: h.Slot, ProposerIndex: h.ProposerIndex,
		ParentRoot: common.Hash(h.ParentRoot), StateRoot: common.Hash(h.StateRoot), BodyRoot: common.Hash(h.BodyRoot),
	}
}

func gethCommittee(c *SyncCommittee) *types.SerializedSyncCommittee {
	var out types.SerializedSyncCommittee
	for i := range c.Pubkeys {
		copy(out[48*i:], c.Pubkeys[i][:])
	}
	copy(out[48*len(c.Pubkeys):], c.Aggregate[:])
	return &out
}

func gethBranch(branch []Root) merkle.Values {
	values := make(merkle.Values, len(branch))
	for i := range branch {
		values[i] = merkle.Value(branch[i])
	}
	return values
}

func gethSigned(u *Update) types.SignedHeader {
	signed := types.SignedHeader{Header: gethHeader(&u.Attested.Beacon), SignatureSlot: u.SignatureSlot}
	copy(signed.Signature.Signers[:], u.Aggregate.Bits)
	signed.Signature.Signature = u.Aggregate.Signature
	return signed
}

func gethUpdate(u *Update) *types.LightClientUpdate {
	final := gethHeader(&u.Finalized.Beacon)
	return &types.LightClientUpdate{
		Version: "capella", AttestedHeader: gethSigned(u),
		NextSyncCommitteeRoot: common.Hash(u.NextCommittee.Root()), NextSyncCommitteeBranch: gethBranch(u.CommitteeBranch),
		FinalizedHeader: &final, FinalityBranch: gethBranch(u.FinalityBranch),
	}
}

func gethChain(t *testing.T, m *mainnet) *light.CommitteeChain {
	t.Helper()
	config := *params.MainnetLightConfig
	config.Checkpoint = common.Hash(m.bootstrap.Header.Beacon.Root())
	chain := light.NewCommitteeChain(memorydb.New(), &config, params.SyncCommitteeSupermajority, false)
	require.NoError(t, chain.CheckpointInit(types.BootstrapData{
		Version: "capella", Header: gethHeader(&m.bootstrap.Header.Beacon), Committee: gethCommittee(m.bootstrap.Committee),
		CommitteeRoot: common.Hash(m.bootstrap.Committee.Root()), CommitteeBranch: gethBranch(m.bootstrap.Branch),
	}))
	return chain
}

func TestGethAgreesOnSixRecordedPeriods(t *testing.T) {
	m := loadMainnet(t)
	chain := gethChain(t, &m)
	for _, u := range m.updates {
		theirs := gethUpdate(u)
		require.NoError(t, theirs.Validate())
		require.NoError(t, chain.InsertUpdate(theirs, gethCommittee(u.NextCommittee)))
	}
	ok, _, err := chain.VerifySignedHeader(gethSigned(m.finality))
	require.NoError(t, err)
	require.True(t, ok)
	header := gethHeader(&m.finality.Attested.Beacon)
	require.Equal(t, header.Hash(), common.Hash(m.finality.Attested.Beacon.Root()))
}

func TestGethAgreesOnWhatIsForged(t *testing.T) {
	m := loadMainnet(t)
	s := m.store(t)
	for name, change := range map[string]func(u *Update){
		"signature":        func(u *Update) { u.Aggregate.Signature[90] ^= 1 },
		"participation":    func(u *Update) { u.Aggregate.Bits = slices.Clone(u.Aggregate.Bits); u.Aggregate.Bits[9] ^= 4 },
		"finality branch":  func(u *Update) { u.FinalityBranch = slices.Clone(u.FinalityBranch); u.FinalityBranch[2][7] ^= 1 },
		"committee branch": func(u *Update) { u.CommitteeBranch = slices.Clone(u.CommitteeBranch); u.CommitteeBranch[4][7] ^= 1 },
		"attested slot":    func(u *Update) { u.Attested.Beacon.Slot-- },
	} {
		u := *m.updates[0]
		change(&u)
		_, err := m.network.Apply(s, &u, m.finality.SignatureSlot)
		require.Error(t, err, name)
		theirs := gethUpdate(&u)
		err = theirs.Validate()
		if err == nil {
			err = gethChain(t, &m).InsertUpdate(theirs, gethCommittee(u.NextCommittee))
		}
		require.Error(t, err, name)
	}
}
