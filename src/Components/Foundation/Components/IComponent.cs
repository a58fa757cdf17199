namespace Matrix.Bus.Foundation;

/// <summary>A part of the server that can run in any process: its front door.</summary>
public interface IComponent
{
    /// <summary>Its name in configuration, addresses and logs.</summary>
    static abstract string Name { get; }

    /// <summary>Says what it answers, consumes, keeps and serves: the component's table of contents.</summary>
    static abstract void Register(ComponentBuilder component);
}
