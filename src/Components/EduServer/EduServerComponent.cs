using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Edus;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.EduServer;

/// <summary>
/// What is said in passing: who types. The owner of a room's partition orders it and broadcasts it; every hearer keeps what it
/// needs and lets it end by itself. Nothing is stored.
/// </summary>
public sealed class EduServerComponent : IComponent
{
    /// <inheritdoc/>
    public static string Name => ComponentNames.EduServer;

    /// <inheritdoc/>
    public static void Register(ComponentBuilder component)
    {
        component.Services.AddSingleton<TypingVersions>().AddSingleton<TypingBook>();
        component
            .AnswersByPartition<InputTyping, Done, InputTypingHandler>()
            .Hears<OutputTyping, OutputTypingHandler>()
            .Answers<QueryTyping, TypingUsers, QueryTypingHandler>();
    }
}
