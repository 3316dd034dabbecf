package keeper_test

import (
	"slices"

	"github.com/stretchr/testify/require"

	multisigkeeper "github.com/stafiprotocol/stafid/x/multisig/keeper"
	multisigtest "github.com/stafiprotocol/stafid/x/multisig/testutil"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/claim"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// voters are the members of the vault that observes.
func (f *fixture) voters() []multisigtest.Member {
	signers, err := f.multisig.VaultSigners(f.ctx, f.state().Observing())
	require.NoError(f.t, err)
	members := make([]multisigtest.Member, len(signers))
	for i, signer := range signers {
		members[i] = f.members[signer.Operator]
	}
	return members
}

func (f *fixture) propose(member multisigtest.Member, o types.Observation) ([]byte, error) {
	response, err := f.msg.Observe(f.ctx, &types.MsgObserve{Submitter: bech(prefix, member.Submitter), Observation: o})
	if err != nil {
		return nil, err
	}
	return response.Hash, nil
}

func (f *fixture) attest(member multisigtest.Member, hash []byte, agree bool) error {
	_, err := f.msg.Attest(f.ctx, &types.MsgAttest{Submitter: bech(prefix, member.Submitter), Contract: 1, Hash: hash, Agree: agree})
	return err
}

// accept has an observation proposed by the first member and agreed by as many others as the threshold needs.
func (f *fixture) accept(o types.Observation) {
	f.t.Helper()
	voters := f.voters()
	threshold := f.vault(f.state().Observing()).Threshold
	hash, err := f.propose(voters[0], o)
	require.NoError(f.t, err)
	for _, member := range voters[1:threshold] {
		require.NoError(f.t, f.attest(member, hash, true))
	}
}

// observe reports everything that happened on the original chain since the last time, and ends blocks until it is applied.
func (f *fixture) observe() {
	f.t.Helper()
	f.finish()
	origin := f.origin()
	origin.mine(1)
	o := origin.report()
	f.accept(o)
	to := o.To
	for range 100 {
		f.block()
		if f.state().ObservedHeight == to {
			return
		}
	}
	f.t.Fatalf("observed height %d, wanted %d", f.state().ObservedHeight, to)
}

// finish ends blocks until no accepted observation is left to be applied.
func (f *fixture) finish() {
	f.t.Helper()
	for range 100 {
		open, err := f.query.Proposals(f.ctx, &types.QueryProposalsRequest{Contract: 1})
		require.NoError(f.t, err)
		if !slices.ContainsFunc(open.Proposals, func(p types.ProposalInfo) bool { return p.Proposal.Status == types.OBSERVATION_STATUS_ACCEPTED }) {
			return
		}
		f.block()
	}
	f.t.Fatalf("an accepted observation is never applied")
}

// latest is the newest attempt of a vault's unfinished series, nil where there is none.
func (f *fixture) latest(vault uint64) *multisigtypes.Session {
	series, found, err := f.multisig.CurrentSeries(f.ctx, vault)
	require.NoError(f.t, err)
	if !found {
		return nil
	}
	session, _, err := f.multisig.Session(f.ctx, series.Latest)
	require.NoError(f.t, err)
	return &session
}

// signAll has a session signed by as many members as its threshold wants.
func (f *fixture) signAll(session *multisigtypes.Session) {
	f.t.Helper()
	f.signBy(session, int(session.Threshold))
}

func (f *fixture) signBy(session *multisigtypes.Session, n int) {
	f.t.Helper()
	signers, err := f.multisig.VaultSigners(f.ctx, session.Vault)
	require.NoError(f.t, err)
	for _, signer := range signers[:n] {
		member := f.members[signer.Operator]
		signature := f.signature(member, session.Id)
		_, err = f.sign.SubmitSignatures(f.ctx, &multisigtypes.MsgSubmitSignatures{
			Submitter: bech(prefix, member.Submitter), Session: session.Id, Signatures: [][]byte{signature},
		})
		require.NoError(f.t, err)
	}
}

func (f *fixture) multisigPayload(session uint64) (*multisigtypes.CosmosPayload, error) {
	response, err := multisigkeeper.NewQueryServer(*f.multisig).Session(f.ctx, &multisigtypes.QuerySessionRequest{Id: session})
	if err != nil {
		return nil, err
	}
	return response.Payload.CosmosPayload(), nil
}

// signature is a member's over a session's payload, in the form of its chain.
func (f *fixture) signature(member multisigtest.Member, session uint64) []byte {
	f.t.Helper()
	response, err := multisigkeeper.NewQueryServer(*f.multisig).Session(f.ctx, &multisigtypes.QuerySessionRequest{Id: session})
	require.NoError(f.t, err)
	signature, err := []byte(nil), error(nil)
	if payload := response.Payload.EthereumPayload(); payload != nil {
		signature, err = member.SignEthereum(*payload)
	} else {
		signature, err = member.Sign(*response.Payload.CosmosPayload())
	}
	require.NoError(f.t, err)
	return signature
}

// origin is the original chain, and what honest members report of it.
func (f *fixture) origin() interface {
	mine(blocks uint64)
	report() types.Observation
} {
	if f.safe != nil {
		return f.safe
	}
	return f.chain
}

// claim claims a deposit with the key of a staker for a recipient.
func (f *fixture) claim(d types.Deposit, name, recipient string) (types.DepositStatus, error) {
	text := claim.Deposit{ChainID: chainID, Contract: d.Contract, TxHash: d.TxHash, Index: d.Index, Recipient: recipient}.Text()
	document, err := claim.SignBytes(text, d.Sender)
	if err != nil {
		return 0, err
	}
	signature, err := stakerKey(name).Sign(document)
	if err != nil {
		return 0, err
	}
	response, err := f.msg.ClaimDeposit(f.ctx, &types.MsgClaimDeposit{
		Claimer: userText("anyone"), Contract: d.Contract, TxHash: d.TxHash, Index: d.Index, Recipient: recipient,
		PublicKey: stakerKey(name).PubKey().Bytes(), Signature: signature,
	})
	if err != nil {
		return 0, err
	}
	return response.Status, nil
}
