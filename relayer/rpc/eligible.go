package rpc

import (
	"context"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// eligibleFor is how long a client that held enough is believed to still do. What counts can only fall within an era, so that one that does not
// hold enough is not asked for again in it.
const eligibleFor = time.Minute

type eligibleKey struct {
	scope  Scope
	client string
}

type eligibility struct {
	reason string
	at     time.Time
}

// eligible asks the member's own node whether a client's calls count (protocol §15). Safe for concurrent use.
type eligible struct {
	node  *stafi.Node
	known *lru.Cache[eligibleKey, eligibility]
	clock func() time.Time
}

func newEligible(node *stafi.Node, clock func() time.Time) *eligible {
	known, err := lru.New[eligibleKey, eligibility](maxKeys)
	if err != nil {
		panic(err) // of a size that is not positive
	}
	return &eligible{node: node, known: known, clock: clock}
}

// reason says why a client's calls do not count; empty where they do.
func (e *eligible) reason(ctx context.Context, scope Scope, client []byte) (string, error) {
	key := eligibleKey{scope: scope, client: string(client)}
	if found, ok := e.known.Get(key); ok && (found.reason != "" || e.clock().Sub(found.at) < eligibleFor) {
		return found.reason, nil
	}
	answer, err := e.node.Contracts.Client(ctx, &contracttypes.QueryClientRequest{
		Contract: scope.Contract, Client: receipt.Address(client).String(), Operator: scope.Operator,
	})
	if err != nil {
		return "", fmt.Errorf("client %s: %w", receipt.Address(client), err)
	}
	if answer.Era != scope.Era {
		return fmt.Sprintf("era %d has begun", answer.Era), nil
	}
	found := eligibility{at: e.clock()}
	if !answer.Counts {
		found.reason = fmt.Sprintf("%s holds %s since before era %d, want at least %s", receipt.Address(client), answer.Held, answer.Era, answer.Wanted)
	}
	e.known.Add(key, found)
	return found.reason, nil
}
