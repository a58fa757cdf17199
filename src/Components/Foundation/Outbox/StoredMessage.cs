using MassTransit;
using MassTransit.Context;
using MassTransit.Middleware;
using MassTransit.Middleware.Outbox;
using MassTransit.Serialization;
using MassTransit.Transports;

namespace Matrix.Bus.Foundation;

/// <summary>A message as it was about to be sent, kept until it is.</summary>
abstract class StoredMessage
{
    public Guid MessageId { get; set; }

    public Guid? Conversation { get; set; }

    public Guid? Correlation { get; set; }

    public Guid? Initiator { get; set; }

    public Guid? Request { get; set; }

    public string Destination { get; set; } = "";

    public string? Source { get; set; }

    public string? Response { get; set; }

    public string? Fault { get; set; }

    public DateTime SentAt { get; set; }

    public DateTime? ExpiresAt { get; set; }

    public string ContentType { get; set; } = "";

    public string MessageType { get; set; } = "";

    public string Body { get; set; } = "";

    public string? Headers { get; set; }

    public string? Properties { get; set; }

    public int Attempts { get; set; }

    public DateTime? RetryAt { get; set; }

    public string? LastError { get; set; }

    /// <summary>Copies what the transport would have been given.</summary>
    public void Take<T>(SendContext<T> context, DateTime now)
        where T : class
    {
        // A delay that is replayed would become the Delay header, for which RabbitMQ closes the whole connection.
        context.Delay = null;

        var json = SystemTextJsonMessageSerializer.Instance;
        if (context is TransportSendContext<T> transport)
        {
            var properties = new Dictionary<string, object>();
            transport.WritePropertiesTo(properties);
            Properties = json.SerializeDictionary(properties);
        }
        MessageId = context.MessageId ?? NewId.NextGuid();
        Conversation = context.ConversationId;
        Correlation = context.CorrelationId;
        Initiator = context.InitiatorId;
        Request = context.RequestId;
        Destination = context.DestinationAddress!.ToString();
        Source = context.SourceAddress?.ToString();
        Response = context.ResponseAddress?.ToString();
        Fault = context.FaultAddress?.ToString();
        SentAt = now;
        ExpiresAt = now + context.TimeToLive;
        ContentType = (context.ContentType ?? context.Serialization.DefaultContentType).ToString();
        MessageType = string.Join(';', context.SupportedMessageTypes);
        Body = context.Serializer.GetMessageBody(context).GetString();
        Headers = json.SerializeDictionary(context.Headers.GetAll());
    }

    /// <summary>What MassTransit sends again.</summary>
    public OutboxMessageContext ToContext()
    {
        var message = new InMemoryOutboxMessage
        {
            MessageId = MessageId,
            ConversationId = Conversation,
            CorrelationId = Correlation,
            InitiatorId = Initiator,
            RequestId = Request,
            DestinationAddress = Address(Destination),
            SourceAddress = Address(Source),
            ResponseAddress = Address(Response),
            FaultAddress = Address(Fault),
            SentTime = SentAt,
            ExpirationTime = ExpiresAt,
            ContentType = ContentType,
            MessageType = MessageType,
            Body = Body,
            Headers = Headers,
            Properties = Properties,
        };
        message.Deserialize(SystemTextJsonMessageSerializer.Instance);
        return message;
    }

    static Uri? Address(string? text) => text is null ? null : new Uri(text);
}

/// <summary>A message to send now.</summary>
sealed class OutgoingMessage : StoredMessage
{
    public long Sequence { get; set; }
}

/// <summary>A message to send when it is due.</summary>
sealed class TimerMessage : StoredMessage
{
    public Guid Token { get; set; }

    public DateTime DueAt { get; set; }

    public Guid? Instance { get; set; }

    public string Name { get; set; } = "";
}
