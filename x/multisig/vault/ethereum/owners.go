package ethereum

import (
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
)

// sentinel is both ends of a Safe's linked list of owners.
var sentinel = common.HexToAddress("0x1")

// Owners are a Safe's owners in the order of its own list (getOwners), which is what decides a change's prevOwner, and its threshold.
type Owners struct {
	List      []common.Address
	Threshold uint32
}

// Validate returns ErrOwners unless all owners differ and a Safe would take them: none is the zero address, the sentinel, or the Safe;
// ErrThreshold unless the threshold is from 1 to their number.
func (o Owners) Validate(safe common.Address) error {
	seen := make(map[common.Address]struct{}, len(o.List))
	for i, owner := range o.List {
		if owner == (common.Address{}) || owner == sentinel || owner == safe {
			return fmt.Errorf("%w: owner %d is %s", ErrOwners, i, owner)
		}
		if _, found := seen[owner]; found {
			return fmt.Errorf("%w: %s is there twice", ErrOwners, owner)
		}
		seen[owner] = struct{}{}
	}
	if o.Threshold == 0 || int(o.Threshold) > len(o.List) {
		return fmt.Errorf("%w: %d of %d owners", ErrThreshold, o.Threshold, len(o.List))
	}
	return nil
}

// Handover returns the fewest calls to a Safe that give it the next owners, in any order, and threshold (protocol §10), and the owners as
// its list is afterwards: swaps in the list's order, newcomers by address; then what is left to add or remove; the threshold with the last
// addition or the first removal, or alone. Errors: ErrOwners, ErrThreshold; ErrSameOwners where nothing changes.
func (o Owners) Handover(safe common.Address, next Owners) ([]Call, Owners, error) {
	if err := o.Validate(safe); err != nil {
		return nil, Owners{}, fmt.Errorf("present: %w", err)
	}
	if err := next.Validate(safe); err != nil {
		return nil, Owners{}, fmt.Errorf("next: %w", err)
	}
	change := newOwnerChange(safe, o, next)
	change.swap()
	change.add()
	change.remove()
	change.setThreshold()
	if len(change.calls) == 0 {
		return nil, Owners{}, fmt.Errorf("%w: %d of %d", ErrSameOwners, o.Threshold, len(o.List))
	}
	return change.calls, change.owners, nil
}

// ownerChange is a change on its way: owners is what the Safe has after the calls so far.
type ownerChange struct {
	safe    common.Address
	owners  Owners
	target  uint32
	leaving []common.Address
	joining []common.Address
	calls   []Call
}

func newOwnerChange(safe common.Address, present, next Owners) *ownerChange {
	joining := without(next.List, present.List)
	slices.SortFunc(joining, common.Address.Cmp)
	return &ownerChange{
		safe: safe, owners: Owners{List: slices.Clone(present.List), Threshold: present.Threshold}, target: next.Threshold,
		leaving: without(present.List, next.List), joining: joining,
	}
}

// without returns what is in list and not in other, in the list's order.
func without(list, other []common.Address) []common.Address {
	var left []common.Address
	for _, address := range list {
		if !slices.Contains(other, address) {
			left = append(left, address)
		}
	}
	return left
}

func (c *ownerChange) call(data []byte) { c.calls = append(c.calls, Call{To: c.safe, Data: data}) }

// previous is the owner before the one at an index of the list.
func (c *ownerChange) previous(index int) common.Address {
	if index == 0 {
		return sentinel
	}
	return c.owners.List[index-1]
}

// swap puts newcomers in the places of those who leave, as many as there are of both.
func (c *ownerChange) swap() {
	for len(c.leaving) > 0 && len(c.joining) > 0 {
		index := slices.Index(c.owners.List, c.leaving[0])
		c.call(swapOwner(c.previous(index), c.leaving[0], c.joining[0]))
		c.owners.List[index] = c.joining[0]
		c.leaving, c.joining = c.leaving[1:], c.joining[1:]
	}
}

// add puts the other newcomers before the list's first. The last one brings the threshold, which needs all of them to be owners.
func (c *ownerChange) add() {
	for i, owner := range c.joining {
		if i == len(c.joining)-1 {
			c.owners.Threshold = c.target
		}
		c.call(addOwner(owner, c.owners.Threshold))
		c.owners.List = slices.Insert(c.owners.List, 0, owner)
	}
}

// remove takes the others out. The first one brings the threshold, so that it never is above the number of owners.
func (c *ownerChange) remove() {
	for _, owner := range c.leaving {
		index := slices.Index(c.owners.List, owner)
		c.owners.Threshold = c.target
		c.call(removeOwner(c.previous(index), owner, c.target))
		c.owners.List = slices.Delete(c.owners.List, index, index+1)
	}
}

func (c *ownerChange) setThreshold() {
	if c.owners.Threshold != c.target {
		c.owners.Threshold = c.target
		c.call(changeThreshold(c.target))
	}
}
