using System.Text.Json;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>Makes events of drafts at the head of a room: auth, build, sign, and what follows for the room. No I/O; what it asks
/// about must be in memory.</summary>
sealed class Drafting(ServerName server, SigningKey key)
{
    /// <summary>Stages one draft; a refusal if it may not be.</summary>
    public Refusal? Stage(RoomHead head, Draft draft, Batch batch, out EventOutcome? outcome)
    {
        outcome = null;
        Guid? transaction = draft.Transaction is { } given ? TransactionMemory.KeyOf(draft.Sender, given) : null;
        if (transaction is { } known && batch.Transactions.TryGet(known, out var id))
        {
            outcome = new EventOutcome { EventId = id, Verdict = EventVerdict.Accepted, Repeat = true };
            return null;
        }
        if (draft.Sender.Server != server)
            return Refusals.NotOurs(draft.Sender);

        if (draft is { UnlessAlreadySo: true, StateKey: { } slotKey }
            && head.Get(new StateSlot(draft.Type, slotKey)).Pdu is { } standing && IsAlreadySo(head, standing, draft))
        {
            outcome = new EventOutcome { EventId = standing.EventId, Verdict = EventVerdict.Accepted, Repeat = true };
            return null;
        }
        if (Permits(head, draft) is { } unmet)
            return unmet;

        if (draft.Type == EventTypes.Create)
            return new Refusal { Status = 403, Errcode = "M_FORBIDDEN", Error = "A room is created once.", Rule = "create" };
        if (draft.Type == EventTypes.Redaction && Redactions.Check(head, draft, batch) is { } powerless)
            return powerless;

        RawJson? completed = draft.AuthoriseRestrictedJoin && batch.Contents.TryGetValue(draft, out var authorised) ? authorised : null;
        var body = completed ?? draft.Content;
        EventId[] authIds;
        byte[] authPacked;
        if (draft.Type == EventTypes.Member && draft.StateKey is not null)
        {
            if (ParseContent(body) is not { } content)
                return Refusals.BadJson(PduFault.IllTypedField, "content");
            if (NamesForeignAuthoriser(content))
                return Refusals.BadInput("A join cannot be authorised by a user of another server here.");
            if (completed is null && ClaimsAuthoriser(head, draft, content))
                return new Refusal { Status = 403, Errcode = "M_FORBIDDEN", Error = "Who lets somebody in is not for them to say.", Rule = "restricted join" };
            (authIds, authPacked) = MemberAuth(head, draft, content);
        }
        else
        {
            var auth = OrdinaryAuth(head, draft.Sender);
            (authIds, authPacked) = (auth.Ids, auth.Packed);
        }

        var (prevEvents, left) = PrevEvents(head);
        var reading = PduBuilder.TryBuild(
            new EventTemplate
            {
                Version = head.Version,
                RoomId = head.RoomId,
                Sender = draft.Sender,
                Type = draft.Type,
                StateKey = draft.StateKey,
                Content = body,
                Redacts = draft.Redacts,
                OriginServerTs = draft.OriginServerTs ?? batch.Now,
                Depth = Math.Min(head.Depth + 1, CanonicalJson.MaxInteger),
                PrevEvents = prevEvents,
                AuthEvents = authIds,
            },
            key,
            server);
        if (reading.Pdu is not { } pdu)
            return Refusals.BadJson(reading.Fault, reading.Field);
        var verdict = AuthRules.Check(pdu, head);
        if (!verdict.Allowed)
            return Refusals.Forbidden(verdict);

        Append(head, pdu, authPacked, left, draft.Transaction, batch);
        if (transaction is { } fresh)
            batch.Remember(fresh, pdu.EventId);
        outcome = new EventOutcome { EventId = pdu.EventId, Verdict = EventVerdict.Accepted };
        return null;
    }

    /// <summary>Whether the membership that the draft is about is still what its sender meant to change.</summary>
    static Refusal? Permits(RoomHead head, Draft draft)
    {
        if (draft is not { OnlyIfMembershipIs: { } permitting, StateKey: { } user })
            return null;
        var membership = head.Member(user).Membership;
        var word = membership == Membership.None ? "none" : membership.Word();
        return permitting.Contains(word)
            ? null
            : new Refusal { Status = 403, Errcode = "M_FORBIDDEN", Error = $"The user's membership is '{word}', which this does not change." };
    }

    /// <summary>The same content from the same sender: saying it again would only add an event (a repeated join, an unchanged
    /// topic). Who has left is not told so, but refused.</summary>
    static bool IsAlreadySo(RoomHead head, Pdu standing, Draft draft) =>
        standing.Sender == draft.Sender
        && (draft.Type == EventTypes.Member || head.Member(draft.Sender.Value).Membership == Membership.Join)
        && ParseContent(draft.Content) is { } content && IsSame(standing.Content, content);

    /// <summary>Equal but for who let somebody into a restricted room: that is not the client's to say.</summary>
    static bool IsSame(JsonElement standing, JsonElement content)
    {
        if (JsonElement.DeepEquals(standing, content))
            return true;
        if (!standing.TryGetProperty(RestrictedJoins.AuthorisedVia, out _) || content.TryGetProperty(RestrictedJoins.AuthorisedVia, out _))
            return false;
        var members = 0;
        foreach (var member in standing.EnumerateObject())
        {
            if (member.NameEquals(RestrictedJoins.AuthorisedVia))
                continue;
            members++;
            if (!content.TryGetProperty(member.Name, out var other) || !JsonElement.DeepEquals(member.Value, other))
                return false;
        }
        return members == content.GetPropertyCount();
    }

    /// <summary>Puts an accepted event at the head of the room.</summary>
    /// <param name="head">The room.</param>
    /// <param name="pdu">The event, authorised by the room's current state.</param>
    /// <param name="auth">The numbers of its auth events, packed.</param>
    /// <param name="left">Extremities that it does not follow.</param>
    /// <param name="transaction">The client's transaction, if it had one.</param>
    /// <param name="batch">The batch.</param>
    public void Append(RoomHead head, Pdu pdu, byte[] auth, ReadOnlySpan<Extremity> left, DraftTransaction? transaction, Batch batch)
    {
        var nid = batch.Nids.Next();
        var entry = new OutputRoomEvent
        {
            Kind = OutputKind.NewEvent,
            RoomId = head.RoomId,
            RoomVersion = head.Version.Id,
            Sequence = ++head.Sequence,
            EventId = pdu.EventId,
            Event = new RawJson(pdu.Json),
            Transaction = transaction,
            StoredAt = batch.Now,
        };

        var type = batch.Names.Type(pdu.Type);
        var (stateKey, replaces) = (0L, 0L);
        if (StateSlot.Of(pdu) is { } slot)
        {
            replaces = head.Get(slot).Nid;
            stateKey = batch.Names.Key(slot.StateKey);
            entry = ChangeState(head, pdu, nid, slot, new SlotEvent(type, stateKey, nid), entry, batch);
        }
        head.Extremities = [.. left, new Extremity(nid, pdu.EventId)];
        head.Depth = Math.Max(head.Depth, pdu.Depth);
        batch.Rows.Events.Add(new EventRow(
            nid, head.Nid, pdu.EventId.Value, type, stateKey, pdu.Depth, pdu.OriginServerTs, head.Snapshot.Nid, replaces, (short)EventVerdict.Accepted, auth,
            pdu.Json, pdu.IsRedacted));
        batch.Output(head, entry, nid);
        if (pdu.Type == EventTypes.Member && pdu.StateKey is not null)
            TellInviteOrKnock(head, pdu, nid, batch);
        else if (pdu.Type == EventTypes.Redaction)
            Redactions.Apply(head, pdu, nid, batch);
    }

    static OutputRoomEvent ChangeState(RoomHead head, Pdu pdu, long nid, StateSlot slot, SlotEvent change, OutputRoomEvent entry, Batch batch)
    {
        var before = head.Get(slot);
        head.Snapshot = head.Snapshot.Next(change, head.Nid, batch.Nids, batch.Rows);
        var now = new StateEntry(pdu, nid);
        head.Set(slot, now);
        batch.Rows.Current.Add(new CurrentRow(head.Nid, change.Type, change.Key, nid));
        if (slot.Type == EventTypes.Member)
            batch.Rows.Memberships.Add(new MembershipRow(slot.StateKey, head.Nid, (short)now.Membership, nid));
        return entry with
        {
            StateChanges = [new StateChange { Type = slot.Type, StateKey = slot.StateKey, EventId = pdu.EventId }],
            ReplacesState = before.Pdu?.EventId,
            PrevContent = before.Pdu is { } replaced ? RawJson.From(replaced.Content) : null,
        };
    }

    /// <summary>Tells a local user of their invite or knock, with what to show of the room.</summary>
    public void TellInviteOrKnock(RoomHead head, Pdu pdu, long nid, Batch batch)
    {
        if (Memberships.Of(pdu) is not (Membership.Invite or Membership.Knock) || !UserId.TryParse(pdu.StateKey, out var user) || user.Server != server)
            return;
        batch.Output(
            head,
            new OutputRoomEvent
            {
                Kind = OutputKind.InviteOrKnock,
                RoomId = head.RoomId,
                RoomVersion = head.Version.Id,
                Sequence = ++head.Sequence,
                EventId = pdu.EventId,
                Event = new RawJson(pdu.Json),
                UserId = user,
                StrippedState = StrippedState.Of(head, pdu),
                StoredAt = batch.Now,
            },
            nid);
    }

    static JsonElement? ParseContent(RawJson body)
    {
        try
        {
            return body.Parse() is { ValueKind: JsonValueKind.Object } content ? content : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The auth events of what a sender says that is no membership: the same until the sender's membership, the create
    /// event or the power levels change.</summary>
    static SenderAuth OrdinaryAuth(RoomHead head, UserId sender)
    {
        var create = head.Get(StateSlot.Create);
        var powerLevels = head.Get(StateSlot.PowerLevels);
        var member = head.Member(sender.Value);
        if (member.SenderAuth is { } known && known.Create == create && known.PowerLevels == powerLevels)
            return known;
        var (ids, packed) = head.Version.RoomIdIsCreateHash ? Collect(powerLevels, member) : Collect(create, powerLevels, member);
        var auth = new SenderAuth(create, powerLevels, ids, packed);
        if (member.Nid != 0)
            member.SenderAuth = auth;
        return auth;
    }

    /// <summary>We sign it, so it must be one of our users that vouches.</summary>
    bool NamesForeignAuthoriser(JsonElement content) =>
        content.TryGetProperty("join_authorised_via_users_server"u8, out var by)
        && !(by.ValueKind == JsonValueKind.String && UserId.TryParse(by.GetString(), out var user) && user.Server == server);

    /// <summary>Somebody outside a restricted room who names who vouches for them: the room's rules alone would take their word.</summary>
    static bool ClaimsAuthoriser(RoomHead head, Draft draft, JsonElement content) =>
        content.TryGetProperty(RestrictedJoins.AuthorisedVia, out _)
        && head.JoinRule is "restricted" or "knock_restricted"
        && head.Member(draft.StateKey!).Membership is not (Membership.Join or Membership.Invite);

    static (EventId[] Ids, byte[] Packed) MemberAuth(RoomHead head, Draft draft, JsonElement content)
    {
        var slots = AuthEventTypes.For(head.Version, draft.Type, draft.StateKey, draft.Sender, content);
        return Collect([.. slots.Select(head.Get)]);
    }

    static (EventId[] Ids, byte[] Packed) Collect(params ReadOnlySpan<StateEntry> entries)
    {
        var ids = new List<EventId>(entries.Length);
        Span<long> nids = stackalloc long[entries.Length];
        foreach (var entry in entries)
        {
            if (entry.Pdu is not { } pdu)
                continue;
            nids[ids.Count] = entry.Nid;
            ids.Add(pdu.EventId);
        }
        return ([.. ids], Varint.Pack(nids[..ids.Count]));
    }

    /// <summary>What the next event follows: all extremities, or the newest twenty, and those that are left over then.</summary>
    static (EventId[] Prev, Extremity[] Left) PrevEvents(RoomHead head)
    {
        var extremities = head.Extremities;
        if (extremities.Length == 1)
            return ([extremities[0].Id], []);
        var left = Math.Max(0, extremities.Length - PduReader.MaxPrevEvents);
        return ([.. extremities[left..].Select(each => each.Id)], extremities[..left]);
    }
}
