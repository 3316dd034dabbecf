package app_test

import (
	"slices"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/types/bech32"

	multisigkeeper "github.com/stafiprotocol/stafid/x/multisig/keeper"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// plan is what a vault's members do in an attempt; who is not named signs at once.
type plan struct {
	absent []string
	// wrong signatures of a member, one a block, before its valid one if it is not absent.
	wrong map[string]int
	// again are members that send their valid signature twice.
	again []string
	// executes is how many attempts before this one the attempt is that the original chain executes; it does so as soon as the plan's
	// signatures are in, if any attempt is to be executed.
	executes int
	// expires where nothing is executed and the attempt is left to expire.
	expires bool
}

// votes are what the members of the observing vault answer; who is not named proposes or agrees.
type votes struct {
	silent, contrary []string
}

// signerKey is the original-chain key of an operator's relayer.
func (e *wholeEra) signerKey(operator string) *secp256k1.PrivKey {
	return secp256k1.GenPrivKeyFromSecret([]byte{'k', byte(e.index[operator])})
}

// document is what an attempt asks its members to sign.
func (e *wholeEra) document(a *attempt) []byte {
	e.t.Helper()
	document, err := cosmos.SignBytes(payloadOf(e.chain, e.context(), a.session.Id))
	require.NoError(e.t, err)
	return document
}

func (e *wholeEra) signature(a *attempt, operator string, document []byte) scripted {
	e.t.Helper()
	signature, err := e.signerKey(operator).Sign(document)
	require.NoError(e.t, err)
	return e.relayed(operator, &multisigtypes.MsgSubmitSignatures{
		Submitter: e.submitter(operator), Session: a.session.Id, Signatures: [][]byte{signature},
	})
}

// signs has the members of an attempt's vault do what a plan says, block by block, wrong signatures first.
func (e *wholeEra) signs(a *attempt, p plan) {
	e.t.Helper()
	document := e.document(a)
	for round := 0; ; round++ {
		var script []scripted
		for _, member := range a.members {
			switch {
			case a.wrong[member] < p.wrong[member]:
				script = append(script, e.signature(a, member, append(slices.Clone(document), ' ')))
				a.wrong[member]++
			case slices.Contains(p.absent, member):
			case !a.signed[member]:
				valid := e.signature(a, member, document)
				valid.valid = true
				script = append(script, valid)
				a.signed[member] = true
			case round == 1 && slices.Contains(p.again, member):
				twice := e.signature(a, member, document)
				twice.fails = true
				script = append(script, twice)
			}
		}
		if len(script) == 0 {
			return
		}
		e.do(script...)
	}
}

// newest is the attempt that was opened last.
func (e *wholeEra) newest() *attempt { return e.attempts[len(e.attempts)-1] }

// carryOut has the members sign the attempts of the newest series by one plan each, and observe the one that is executed.
func (e *wholeEra) carryOut(v votes, plans ...plan) {
	e.t.Helper()
	for _, p := range plans {
		a := e.newest()
		e.signs(a, p)
		if p.expires {
			e.until(a.session.Expires)
			require.NotEqual(e.t, a, e.newest(), "session %d was to be attempted again", a.session.Id)
			require.NotEmpty(e.t, e.state().Emergency, "no new deposits while N do not sign")
			continue
		}
		executed := e.attempts[len(e.attempts)-1-p.executes]
		_, tally, err := e.app.Multisig.Session(e.context(), executed.session.Id)
		require.NoError(e.t, err)
		require.Equal(e.t, len(executed.signed), int(tally.Signatures))
		e.origin.execute(executed.session, e.payload(executed.session.Id))
		e.observe(v)
		a.overtaken = p.executes > 0 && len(a.signed) < eraThreshold && e.height < a.session.Expires
	}
}

// redeem asks for a payout, which opens a session in the same block.
func (e *wholeEra) redeem() {
	e.t.Helper()
	before := len(e.attempts)
	recipient, err := bech32.ConvertAndEncode("wasm", hash32("recipient", uint64(before))[:20])
	require.NoError(e.t, err)
	e.do(scripted{key: e.stakers[0], msg: &stakingcontracttypes.MsgRedeem{
		Redeemer: account(e.stakers[0]).String(), Contract: firstContract, Amount: math.NewInt(3_000), Recipient: recipient,
	}})
	require.Len(e.t, e.attempts, before+1, "a payout is opened")
}

// pay redeems something and has it paid out.
func (e *wholeEra) pay(v votes, plans ...plan) {
	e.t.Helper()
	e.redeem()
	e.carryOut(v, plans...)
}

// truth is what an honest member observes now.
func (e *wholeEra) truth() stakingcontracttypes.Observation {
	e.t.Helper()
	state, err := e.app.StakingContract.State(e.context(), firstContract)
	require.NoError(e.t, err)
	vaults, err := e.app.Multisig.ContractVaults(e.context(), firstContract)
	require.NoError(e.t, err)
	var open []uint64
	for _, vault := range vaults {
		if vault.Status != multisigtypes.VAULT_STATUS_CLOSED {
			open = append(open, vault.Id)
		}
	}
	slices.Sort(open)
	return e.origin.observation(state.ObservedHeight, open)
}

// observers are the members of the vault that observes, in its order.
func (e *wholeEra) observers() (vault uint64, members []string) {
	e.t.Helper()
	state, err := e.app.StakingContract.State(e.context(), firstContract)
	require.NoError(e.t, err)
	signers, err := e.app.Multisig.VaultSigners(e.context(), state.Observing())
	require.NoError(e.t, err)
	for _, signer := range signers {
		members = append(members, signer.Operator)
	}
	return state.Observing(), members
}

// onTurn is who may propose in the next block.
func (e *wholeEra) onTurn() string {
	e.t.Helper()
	state, err := e.app.StakingContract.State(e.context(), firstContract)
	require.NoError(e.t, err)
	_, members := e.observers()
	return members[stakingcontracttypes.Turn(state.Observations, e.height+1-state.ObservedAt, 1, uint32(len(members)))]
}

// awaitTurn makes blocks until it is the turn of one that is wanted, and returns it.
func (e *wholeEra) awaitTurn(wanted func(operator string) bool) string {
	e.t.Helper()
	for range 2 * eraSize {
		if next := e.onTurn(); wanted(next) {
			return next
		}
		e.do()
	}
	require.Fail(e.t, "nobody's turn")
	return ""
}

func (e *wholeEra) proposal(operator string, o stakingcontracttypes.Observation) scripted {
	return e.relayed(operator, &stakingcontracttypes.MsgObserve{Submitter: e.submitter(operator), Observation: o})
}

func (e *wholeEra) answer(operator string, o stakingcontracttypes.Observation, agree bool) scripted {
	e.t.Helper()
	hash, err := o.Hash()
	require.NoError(e.t, err)
	return e.relayed(operator, &stakingcontracttypes.MsgAttest{
		Submitter: e.submitter(operator), Contract: firstContract, Hash: hash, Agree: agree,
	})
}

// observe has the member whose turn it is propose what is true, and the others answer in the next block, in which it is accepted and applied.
func (e *wholeEra) observe(v votes) {
	e.t.Helper()
	proposer := e.awaitTurn(func(operator string) bool {
		return !slices.Contains(v.silent, operator) && !slices.Contains(v.contrary, operator)
	})
	truth := e.truth()
	e.do(e.proposal(proposer, truth))
	e.agree(v, proposer, truth)
}

// agree has all but its proposer answer a true observation; more comes last in the block in which it is accepted.
func (e *wholeEra) agree(v votes, proposer string, truth stakingcontracttypes.Observation, more ...scripted) {
	e.t.Helper()
	vault, members := e.observers()
	seen := observation{vault: vault, members: members, agreed: []string{proposer}}
	var script, against []scripted
	for _, member := range members {
		switch {
		case member == proposer || slices.Contains(v.silent, member):
		case slices.Contains(v.contrary, member):
			against = append(against, e.answer(member, truth, false))
			seen.contrary = append(seen.contrary, member)
		default:
			script = append(script, e.answer(member, truth, true))
			seen.agreed = append(seen.agreed, member)
		}
	}
	e.do(slices.Concat(against, script, more)...)
	seen.height = e.height
	state, err := e.app.StakingContract.State(e.context(), firstContract)
	require.NoError(e.t, err)
	require.Equal(e.t, truth.To, state.ObservedHeight, "the observation is applied")
	e.observations = append(e.observations, seen)
	e.origin.accepted(truth.To)
}

func (e *wholeEra) payload(session uint64) multisigtypes.CosmosPayload {
	e.t.Helper()
	answer, err := multisigkeeper.NewQueryServer(*e.app.Multisig).Session(e.context(), &multisigtypes.QuerySessionRequest{Id: session})
	require.NoError(e.t, err)
	return *answer.Payload.CosmosPayload()
}
