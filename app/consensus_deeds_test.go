package app_test

import (
	"slices"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/app"
	multisigkeeper "github.com/stafiprotocol/stafid/x/multisig/keeper"
	multisigsim "github.com/stafiprotocol/stafid/x/multisig/simulation"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	stakingcontractsim "github.com/stafiprotocol/stafid/x/stakingcontract/simulation"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// lifeChainIDs are the original chains; each has one contract, in this order.
var lifeChainIDs = []string{"original-1", "original-2"}

// draft collects the transactions of a block, at most one of each sender.
type draft struct {
	l       *consensusLife
	txs     [][]byte
	names   []string
	senders map[string]bool
}

// add puts a message in the block unless its sender has one there; done runs if it succeeds.
func (d *draft) add(key cryptotypes.PrivKey, msg sdk.Msg, done func()) {
	sender := d.l.addresses[key].String()
	if d.senders[sender] {
		return
	}
	d.senders[sender] = true
	if done != nil {
		d.l.pending[len(d.txs)] = done
	}
	d.txs, d.names = append(d.txs, d.l.sign(key, msg)), append(d.names, sdk.MsgTypeURL(msg))
}

// found registers every founder and deploys a contract on each original chain.
func (l *consensusLife) found() {
	l.t.Helper()
	d := l.draft()
	for _, v := range l.svs[:l.founders] {
		d.add(v.operator, l.register(v), nil)
	}
	l.all(d)
	d = l.draft()
	for _, v := range l.svs[:l.founders] {
		d.add(v.submitter, heartbeat(v), nil)
	}
	l.all(d)
	l.deployAll()
	for i, id := range lifeChainIDs {
		contract, err := l.app.StakingContract.Contract(l.context(), uint64(i+1))
		require.NoError(l.t, err)
		require.Equal(l.t, id, contract.ChainId)
		original := stakingcontractsim.NewOriginalChain(contract, l.app.StakingContract, multisigkeeper.NewQueryServer(*l.app.Multisig))
		l.originals = append(l.originals, original)
	}
}

// deployAll has governance deploy contracts of four members each, three of whom sign and to which a shortfall may shrink them.
func (l *consensusLife) deployAll() {
	l.t.Helper()
	var msgs []sdk.Msg
	for i, id := range lifeChainIDs {
		contract := testContract()
		contract.ChainId, contract.Symbol = id, contract.Symbol+string(rune('A'+i))
		contract.Denom += string(rune('a' + i))
		contract.RtokenDenom = "r" + contract.Denom
		contract.MinSize = 3
		msgs = append(msgs, &stakingcontracttypes.MsgDeployContract{Authority: app.Authority(), Contract: contract})
	}
	proposal, err := govv1.NewMsgSubmitProposal(
		msgs, sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, 10*fis)), account(l.rich[0]).String(), "", "deploy", "deploy", false,
	)
	require.NoError(l.t, err)
	d := l.draft()
	d.add(l.rich[0], proposal, nil)
	l.all(d)
	d = l.draft()
	for _, v := range l.svs[:l.founders] {
		d.add(v.operator, govv1.NewMsgVote(account(v.operator), 1, govv1.OptionYes, ""), nil)
	}
	l.all(d)
	for range 9 {
		l.all(l.draft())
	}
	passed, err := l.app.Gov.Proposals.Get(l.context(), 1)
	require.NoError(l.t, err)
	require.Equal(l.t, govv1.StatusPassed, passed.Status, passed.FailedReason)
}

func (l *consensusLife) draft() *draft { return &draft{l: l, senders: map[string]bool{}} }

// all makes a block of the draft, every transaction of which must succeed.
func (l *consensusLife) all(d *draft) {
	l.t.Helper()
	for i, result := range l.finalize(nil, d.txs...).TxResults {
		require.Zero(l.t, result.Code, "transaction %d: %s", i, result.Log)
	}
	clear(l.pending)
	l.observeState()
}

func heartbeat(v *sv) *ssvtypes.MsgHeartbeat {
	return &ssvtypes.MsgHeartbeat{Submitter: v.relayer, Version: "test"}
}

// chainKeys proves possession of a new signer for every original chain.
func (l *consensusLife) chainKeys(v *sv) []ssvtypes.ChainKeyProof {
	l.t.Helper()
	v.signers++
	proofs := make([]ssvtypes.ChainKeyProof, len(lifeChainIDs))
	for i, id := range lifeChainIDs {
		signer := secp256k1.GenPrivKeyFromSecret([]byte(v.name + id + string(rune(v.signers))))
		key := signer.PubKey().Bytes()
		proof, err := signer.Sign(ssvtypes.ProofBytes(testChainID, v.text, id, key))
		require.NoError(l.t, err)
		l.signers[string(key)] = signer
		proofs[i] = ssvtypes.ChainKeyProof{Key: ssvtypes.ChainKey{ChainId: id, Signer: key}, Proof: proof}
	}
	return proofs
}

func (l *consensusLife) register(v *sv) *ssvtypes.MsgRegisterCandidate {
	chains := l.chainKeys(v)
	return &ssvtypes.MsgRegisterCandidate{
		Operator: v.text, Submitter: v.relayer, Chains: chains, Beacon: l.beacon(v),
	}
}

// Key implements the members of x/multisig's simulation.
func (l *consensusLife) Key(signer multisigtypes.Signer) cryptotypes.PrivKey {
	return l.signers[string(signer.Key)]
}

// simulated adds what a factory of a module's simulation makes.
func (l *consensusLife) simulated(d *draft, factory simsx.SimMsgFactoryX) {
	if op, made := l.make(factory, d.senders); made {
		d.txs, d.names = append(d.txs, op.raw), append(d.names, op.name)
	}
}

// deeds are what people do in the next block.
func (l *consensusLife) deeds() *draft {
	l.t.Helper()
	d := l.draft()
	l.seedTransactions(d)
	l.duties(d)
	for range l.r.Intn(4) {
		l.deed(d)
	}
	l.pardons(d)
	l.nodes()
	return d
}

// duties are the heartbeats that are due and what brings handovers on: observations, attestations and signatures.
func (l *consensusLife) duties(d *draft) {
	for i, v := range l.svs {
		if (l.height+int64(i))%100 == 0 && l.registered(v) {
			d.add(v.submitter, heartbeat(v), nil)
		}
	}
	for contract, original := range l.originals {
		state, err := l.app.StakingContract.State(l.context(), uint64(contract+1))
		require.NoError(l.t, err)
		if idle := state.Handover == stakingcontracttypes.HANDOVER_STAGE_NONE; idle && l.r.Intn(8) > 0 {
			continue
		}
		l.operate(d, original)
	}
}

func (l *consensusLife) operate(d *draft, original *stakingcontractsim.OriginalChain) {
	query := multisigkeeper.NewQueryServer(*l.app.Multisig)
	if l.r.Intn(3) == 0 {
		l.simulated(d, original.MsgObserveFactory(l))
	}
	for range 3 {
		l.simulated(d, original.MsgAttestFactory(l))
		l.simulated(d, multisigsim.MsgSubmitSignaturesFactory(query, l))
	}
}

// deed is one random thing that somebody does with stake, a validator or a candidacy.
func (l *consensusLife) deed(d *draft) {
	v := l.svs[l.r.Intn(len(l.svs))]
	if len(v.keys) == 0 {
		l.create(d, v)
		return
	}
	switch n := l.r.Intn(100); {
	case n < 40:
		l.delegate(d, v)
	case n < 65:
		l.undelegate(d)
	case n < 72:
		l.redelegate(d, v)
	case n < 77:
		l.withdrawSelf(d, v)
	case n < 80:
		l.edit(d, v)
	case n < 88:
		l.rotateKey(d, v)
	case n < 95:
		d.add(v.operator, l.register(v), nil)
	case n < 98:
		l.update(d, v)
	default:
		d.add(v.operator, &ssvtypes.MsgResign{Operator: v.text}, nil)
	}
}

// update gives a candidate new signers and, half the time, a new beacon key.
func (l *consensusLife) update(d *draft, v *sv) {
	msg := &ssvtypes.MsgUpdateCandidate{Operator: v.text, Submitter: v.relayer, Chains: l.chainKeys(v)}
	if l.r.Intn(2) == 0 {
		msg.Beacon = l.beacon(v)
	}
	d.add(v.operator, msg, func() {
		if msg.Beacon != nil {
			l.seen.beacons++
		}
	})
}

// create makes a validator now and then: newcomers come over the whole life.
func (l *consensusLife) create(d *draft, v *sv) {
	if l.r.Intn(8) > 0 {
		return
	}
	key := v.nextKey()
	msg, err := stakingtypes.NewMsgCreateValidator(
		v.text, consensusKey(l.t, key), coins(int64(15_000+l.r.Intn(150_000))), stakingtypes.Description{Moniker: v.name},
		stakingtypes.NewCommissionRates(math.LegacyZeroDec(), math.LegacyOneDec(), math.LegacyOneDec()), math.OneInt(),
	)
	require.NoError(l.t, err)
	d.add(v.operator, msg, func() { v.keys = append(v.keys, key) })
	l.owners[string(key.Address())] = v
}

func coins(amount int64) sdk.Coin { return sdk.NewInt64Coin(app.BondDenom, amount*fis) }

func (l *consensusLife) anyRich() cryptotypes.PrivKey { return l.rich[l.r.Intn(len(l.rich))] }

// delegate adds anything from a FIS to most of what a staker has, often to the favourite.
func (l *consensusLife) delegate(d *draft, v *sv) {
	key := l.anyRich()
	held := l.app.Bank.GetBalance(l.context(), l.addresses[key], app.BondDenom).Amount.QuoRaw(fis).Int64() - 10
	if held <= 0 {
		return
	}
	if l.r.Intn(4) == 0 {
		v = l.favourite
	}
	amount := 1 + l.r.Int63n(held)
	if l.r.Intn(3) > 0 {
		amount = 1 + amount/10
	}
	d.add(key, stakingtypes.NewMsgDelegate(l.addresses[key].String(), v.text, coins(amount)), nil)
}

// holding is a random delegation of a staker, in ufis, rounded down; nil if it has none.
func (l *consensusLife) holding(key cryptotypes.PrivKey) (validator string, amount int64) {
	delegations, err := l.app.Staking.GetAllDelegatorDelegations(l.context(), l.addresses[key])
	require.NoError(l.t, err)
	if len(delegations) == 0 {
		return "", 0
	}
	delegation := delegations[l.r.Intn(len(delegations))]
	address, err := sdk.ValAddressFromBech32(delegation.ValidatorAddress)
	require.NoError(l.t, err)
	held, err := l.app.Staking.GetValidator(l.context(), address)
	require.NoError(l.t, err)
	return delegation.ValidatorAddress, held.TokensFromSharesTruncated(delegation.Shares).TruncateInt64()
}

// undelegate takes back all or some.
func (l *consensusLife) undelegate(d *draft) {
	key := l.anyRich()
	validator, held := l.holding(key)
	if held == 0 {
		return
	}
	if l.r.Intn(2) == 0 {
		held = 1 + l.r.Int63n(held)
	}
	d.add(key, stakingtypes.NewMsgUndelegate(l.addresses[key].String(), validator, sdk.NewInt64Coin(app.BondDenom, held)), nil)
}

func (l *consensusLife) redelegate(d *draft, to *sv) {
	key := l.anyRich()
	from, held := l.holding(key)
	if held == 0 || from == to.text {
		return
	}
	d.add(key, stakingtypes.NewMsgBeginRedelegate(
		l.addresses[key].String(), from, to.text, sdk.NewInt64Coin(app.BondDenom, 1+l.r.Int63n(held)),
	), nil)
}

// withdrawSelf has an operator take back some of its own stake, or all, which jails the validator and may remove it in the end.
func (l *consensusLife) withdrawSelf(d *draft, v *sv) {
	_, held := l.holding(v.operator)
	if held == 0 {
		return
	}
	if l.r.Intn(3) > 0 {
		held = 1 + held/int64(2+l.r.Intn(6))
	}
	d.add(v.operator, stakingtypes.NewMsgUndelegate(
		l.addresses[v.operator].String(), v.text, sdk.NewInt64Coin(app.BondDenom, held),
	), nil)
}

func (l *consensusLife) edit(d *draft, v *sv) {
	description := stakingtypes.NewDescription(
		v.name+" renamed", stakingtypes.DoNotModifyDesc, stakingtypes.DoNotModifyDesc, stakingtypes.DoNotModifyDesc, stakingtypes.DoNotModifyDesc,
	)
	d.add(v.operator, stakingtypes.NewMsgEditValidator(v.text, description, nil, nil), nil)
}

func (l *consensusLife) rotateKey(d *draft, v *sv) {
	key := v.nextKey()
	msg, err := stakingtypes.NewMsgRotateConsPubKey(v.text, consensusKey(l.t, key))
	require.NoError(l.t, err)
	d.add(v.operator, msg, func() {
		v.keys = append(v.keys, key)
		if l.seen.rotations++; l.seen.excluded[v.name] {
			l.seen.memberRotations++
		}
	})
	l.owners[string(key.Address())] = v
}

// pardons has those who are jailed come back some time after they may.
func (l *consensusLife) pardons(d *draft) {
	for _, v := range l.svs {
		if l.seen.jailed[v.name] && l.r.Intn(30) == 0 {
			d.add(v.operator, &slashingtypes.MsgUnjail{ValidatorAddr: v.text}, func() { l.seen.unjails++ })
		}
	}
}

// nodes go down for some blocks, a few for so long that they are jailed; an excluded operator's node may be down as well.
func (l *consensusLife) nodes() {
	for _, v := range l.svs {
		v.down = max(0, v.down-1)
	}
	if l.r.Intn(6) == 0 {
		l.svs[l.r.Intn(len(l.svs))].down = 1 + l.r.Intn(lifeWindow)
	}
	if l.r.Intn(500) == 0 {
		bonded := slices.DeleteFunc(slices.Clone(l.svs), func(v *sv) bool { return len(v.keys) == 0 })
		l.favourite = bonded[l.r.Intn(len(bonded))]
	}
}

func (l *consensusLife) registered(v *sv) bool {
	found, err := l.app.SSV.Candidates.Has(l.context(), v.raw)
	require.NoError(l.t, err)
	return found
}
