package relayer

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/relayer/ethereumtx"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// OpenNodes opens the execution nodes of an Ethereum network to which transactions are handed.
type OpenNodes func(cfg ChainConfig) ([]ethereumtx.Node, error)

// DialNodes opens the configured sources over HTTP; nothing is asked yet.
func DialNodes(cfg ChainConfig) ([]ethereumtx.Node, error) {
	nodes := make([]ethereumtx.Node, len(cfg.Sources))
	for i, address := range cfg.Sources {
		node, err := ethereumtx.Dial(context.Background(), address)
		if err != nil {
			return nil, fmt.Errorf("sources[%d] of %s: %w", i, cfg.ChainID, err)
		}
		nodes[i] = node
	}
	return nodes, nil
}

// provenAccounts is what a light client of an Ethereum network proves of an account in the state after a verified block.
type provenAccounts interface {
	AccountAt(ctx context.Context, number uint64, address common.Address, slots ...common.Hash) (*execution.Account, []common.Hash, error)
}

// errNoProofs: the light client is of another kind than the configuration says.
var errNoProofs = errors.New("light client proves no accounts of an Ethereum network")

// evm sends what an Ethereum network has to execute, by the operator's funder: the committee's transactions, which the Safe refunds, and the
// deployment of the Safe and its deposit contract.
type evm struct {
	*origin
	accounts provenAccounts
	sender   *ethereumtx.Sender
	account  common.Address
	least    *big.Int

	// What is known in a round: the keys of what is wanted on this chain, whether the nodes were asked and what came of it.
	live   map[string]bool
	begun  bool
	begins error
	// alarms of the round, by name.
	alarms map[string]error
	// failures are alarms of what was executed in vain, kept until it is not wanted any more.
	failures map[string]string

	// nonce of the funder as proven after block nonceAt.
	nonce   uint64
	nonceAt int64
	// deployed is what is proven of Safes and their deposit contracts, by the Safe's address.
	deployed map[string]deployment
}

func newEVM(o *origin, open OpenNodes) (*evm, error) {
	accounts, ok := o.client.(provenAccounts)
	if !ok {
		return nil, fmt.Errorf("%w: %T", errNoProofs, o.client)
	}
	number, err := vaultethereum.ChainNumber(o.cfg.ChainID)
	if err != nil {
		return nil, err
	}
	funder := o.keys.Funders[o.cfg.ChainID]
	account, err := funder.Ethereum()
	if err != nil {
		return nil, err
	}
	nodes, err := open(o.cfg)
	if err != nil {
		return nil, err
	}
	e := &evm{
		origin: o, accounts: accounts, account: account, least: wei(o.cfg.Ethereum.MinBalance),
		failures: map[string]string{}, deployed: map[string]deployment{},
	}
	e.sender = ethereumtx.NewSender(ethereumtx.Config{
		ChainID: o.cfg.ChainID, Number: number, Account: account, Sign: funder.SignDigest, Nodes: nodes, Journal: o.journal,
		Policy: ethereumtx.Policy{Max: wei(o.cfg.Ethereum.MaxFeePerGas), Tip: wei(o.cfg.Ethereum.PriorityFee)},
		Proven: e.provenNonce, ProvenTime: e.provenTime, Now: time.Now,
	})
	return e, nil
}

// provenNonce is the funder's next nonce in the newest state that is final; what it holds there is compared with what it should.
func (e *evm) provenNonce(ctx context.Context) (uint64, error) {
	head, err := e.client.Head()
	if err != nil || (head.Height == e.nonceAt && head.Height > 0) {
		return e.nonce, err
	}
	account, _, err := e.accounts.AccountAt(ctx, uint64(head.Height), e.account)
	if err != nil {
		return 0, err
	}
	e.nonce, e.nonceAt = account.Nonce, head.Height
	e.board.AlarmIf(account.Balance.ToBig().Cmp(e.least) < 0, "funder/"+e.cfg.ChainID,
		fmt.Sprintf("funder %s holds %s wei after block %d, want at least %s (%s): send it some", e.account, account.Balance, head.Height, e.least, e.cfg.Ethereum.MinBalance))
	return e.nonce, nil
}

// provenTime is when the newest block that is final was made.
func (e *evm) provenTime() time.Time {
	head, err := e.client.Head()
	if err != nil {
		return time.Time{}
	}
	return head.Time
}

// start begins a round: everything that the chain wants executed here is live, whoever's turn it is.
func (e *evm) start(view stafi.View) {
	e.begun, e.begins = false, nil
	e.live, e.alarms = map[string]bool{}, map[string]error{}
	for _, info := range view.Live {
		contract, ok := view.Contract(info.Session.Contract)
		if !ok || contract.ChainId != e.cfg.ChainID {
			continue
		}
		if vault, ok := contract.Generation(info.Session.Vault); ok {
			e.live[sessionKey(vault, info.Session)] = true
		}
	}
	for _, contract := range view.Contracts {
		if vault, ok := contract.Observers(); ok && contract.ChainId == e.cfg.ChainID && !e.deployed[vault.Vault.Address].complete() {
			e.live[safeKey(vault)], e.live[depositKey(vault)] = true, true
		}
	}
}

// want has an intent served. Where it is another's turn, and nothing was sent for it, no node is asked.
func (e *evm) want(ctx context.Context, duty, scope, about string, intent ethereumtx.Intent, start bool) error {
	has, err := e.sender.Has(intent.Key)
	if err != nil || (!has && !start) {
		return err
	}
	if err := e.begin(ctx); err != nil {
		return err
	}
	report, err := e.sender.Want(ctx, intent, start)
	e.note(about, intent.Key, report, err)
	if err != nil {
		return fmt.Errorf("%s: %w", about, err)
	}
	text := about + " " + report.Text
	if report.Sent {
		e.board.Done(duty, scope, text)
		return nil
	}
	e.board.Doing(duty, scope, text, nil)
	return nil
}

func (e *evm) begin(ctx context.Context) error {
	if !e.begun {
		e.begun, e.begins = true, e.sender.Begin(ctx)
	}
	return e.begins
}

// note keeps what a person has to know.
func (e *evm) note(about, key string, report ethereumtx.Report, err error) {
	for name, sentinel := range map[string]error{"gas": ethereumtx.ErrTooDear, "funds": ethereumtx.ErrPoor, "reverts": ethereumtx.ErrReverts} {
		if errors.Is(err, sentinel) {
			e.alarms[name] = errors.Join(e.alarms[name], fmt.Errorf("%s: %w", about, err))
		}
	}
	if report.Failures > 0 {
		e.failures[key] = fmt.Sprintf("%s was executed %d times in vain by %s", about, report.Failures, e.account)
	}
}

// finish looks after what was sent and has no intent any more, and raises or clears the alarms.
func (e *evm) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	if err := guard(func() error { return e.tend(ctx) }); err != nil && !errors.Is(err, context.Canceled) {
		e.note("a transaction that was sent", "", ethereumtx.Report{}, err)
		e.board.Failed(status.Broadcast, e.cfg.ChainID, err)
	}
	if !e.begun || e.begins != nil {
		return
	}
	for key, text := range e.failures {
		if !e.live[key] {
			delete(e.failures, key)
			continue
		}
		e.alarms["reverts"] = errors.Join(e.alarms["reverts"], errors.New(text))
	}
	for _, name := range []string{"gas", "funds", "reverts"} {
		err := e.alarms[name]
		e.board.AlarmIf(err != nil, name+"/"+e.cfg.ChainID, fmt.Sprint(err))
	}
}

func (e *evm) tend(ctx context.Context) error {
	if idle, err := e.sender.Idle(); err != nil || (idle && !e.begun) {
		return err
	}
	if err := e.begin(ctx); err != nil {
		return err
	}
	return e.sender.End(ctx, e.live)
}
