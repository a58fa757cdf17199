using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Matrix.Bus.Foundation;

/// <summary>A configuration file with every key, its default and what it means, made from the options and their documentation.</summary>
public static partial class SampleConfiguration
{
    static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes it as JSON with comments, which the server reads. A key without a default is commented out and shows an
    /// example. <paramref name="values"/> fills keys in, by their path below <c>MatrixBus</c> (<c>Registration:SharedSecret</c>).</summary>
    public static void Write(TextWriter output, IReadOnlyDictionary<string, string>? values = null)
    {
        output.WriteLine("// Settings of Matrix.Bus. Each may also come from the environment (MatrixBus__ServerName)");
        output.WriteLine("// or an argument (--MatrixBus:ServerName=example.org). Values below are the defaults.");
        output.WriteLine("{");
        output.WriteLine($"  \"{MatrixBusOptions.Section}\": {{");
        new Writer(output, Documentation(), values ?? new Dictionary<string, string>()).Group(new MatrixBusOptions(), "", 2);
        output.WriteLine("  }");
        output.WriteLine("}");
    }

    /// <summary>The compiler's documentation file lies beside the assembly; without it the sample has no comments.</summary>
    static Dictionary<string, XElement> Documentation()
    {
        var file = Path.ChangeExtension(typeof(MatrixBusOptions).Assembly.Location, ".xml");
        if (!File.Exists(file))
            return [];
        return XDocument.Load(file).Descendants("member").ToDictionary(member => (string)member.Attribute("name")!);
    }

    sealed class Writer(TextWriter output, Dictionary<string, XElement> documentation, IReadOnlyDictionary<string, string> values)
    {
        public void Group(object options, string path, int depth)
        {
            var indent = new string(' ', depth * 2);
            var first = true;
            foreach (var property in OptionsReader.Keys(options.GetType()))
            {
                if (!first)
                    output.WriteLine();
                first = false;
                Comment(property, indent);
                Key(options, property, path + property.Name, indent, depth);
            }
        }

        void Key(object options, PropertyInfo property, string path, string indent, int depth)
        {
            var value = values.TryGetValue(path, out var filled) ? filled : property.GetValue(options);
            switch (value)
            {
                case null:
                    output.WriteLine($"{indent}// \"{property.Name}\": {Example(property)},");
                    break;
                case IDictionary<string, string>:
                    output.WriteLine($"{indent}\"{property.Name}\": {{}},");
                    break;
                case IList:
                    List(property, indent);
                    break;
                case string or bool or int or ushort or double or Enum:
                    output.WriteLine($"{indent}\"{property.Name}\": {Value(value)},");
                    break;
                default:
                    output.WriteLine($"{indent}\"{property.Name}\": {{");
                    Group(value, path + ":", depth + 1);
                    output.WriteLine($"{indent}}},");
                    break;
            }
        }

        void List(PropertyInfo property, string indent)
        {
            var element = property.PropertyType.GetGenericArguments()[0];
            if (element == typeof(ListenerOptions))
            {
                output.WriteLine($"{indent}// \"{property.Name}\": [");
                output.WriteLine($"{indent}//   {{");
                foreach (var each in OptionsReader.Keys(element))
                {
                    Comment(each, $"{indent}//     ");
                    output.WriteLine($"{indent}//     \"{each.Name}\": {Example(each)},");
                }
                output.WriteLine($"{indent}//   }},");
                output.WriteLine($"{indent}// ],");
                return;
            }
            output.WriteLine($"{indent}// \"{property.Name}\": {Example(property)},");
        }

        string Example(PropertyInfo property)
        {
            var text = Of(property)?.Element("example")?.Value.Trim() ?? "";
            if (property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(IList<>))
                return "[" + string.Join(", ", text.Split(',', StringSplitOptions.TrimEntries).Select(Quoted)) + "]";
            return property.PropertyType == typeof(string) ? Quoted(text) : text;
        }

        void Comment(PropertyInfo property, string indent)
        {
            if (Of(property)?.Element("summary") is { } summary)
            {
                foreach (var line in Wrap(Space().Replace(summary.Value, " ").Trim(), 116 - indent.Length))
                    output.WriteLine($"{indent}// {line}");
            }
        }

        XElement? Of(PropertyInfo property) => documentation.GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}");

        static string Value(object value) => value switch
        {
            bool flag => flag ? "true" : "false",
            string text => Quoted(text),
            Enum name => Quoted(name.ToString()),
            _ => System.Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };

        static string Quoted(string text) => JsonSerializer.Serialize(text, Json);

        static IEnumerable<string> Wrap(string text, int width)
        {
            var line = "";
            foreach (var word in text.Split(' '))
            {
                if (line.Length > 0 && line.Length + word.Length + 1 > width)
                {
                    yield return line;
                    line = "";
                }
                line = line.Length == 0 ? word : $"{line} {word}";
            }
            yield return line;
        }
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Space();
}
