// Numeric arrays of several dimensions, shown by their shape.
using System.Net;

namespace Llm360.Notebooks.Kernel.Display;

internal static class ArrayFormatter
{
    public static MimeBundle? TryFormat(object value)
    {
        if (value is not Array { Rank: > 1 } array || array.GetType().GetElementType() is not { IsPrimitive: true } type)
            return null;
        var shape = Enumerable.Range(0, array.Rank).Select(array.GetLongLength).ToArray();
        var head = $"{Name(type)}[{string.Join(", ", shape)}]";
        if (NumberBlock.Of(shape) is not { } block)
            return MimeBundle.PlainText(head);
        var numbers = new List<string>();
        Collect(array, block, [], numbers);
        var text = block.Write(numbers);
        return MimeBundle.Html($"<div><code>{head}</code><pre>{WebUtility.HtmlEncode(text)}</pre></div>", $"{head}\n{text}");
    }

    private static void Collect(Array array, NumberBlock block, long[] index, List<string> numbers)
    {
        if (index.Length == array.Rank)
        {
            numbers.Add(array.GetValue(index) switch
            {
                double number => NumberBlock.Text(number),
                float number => NumberBlock.Text(number),
                var other => ValueFormatter.Plain(other!),
            });
            return;
        }

        foreach (var next in block.Indexes[index.Length])
            Collect(array, block, [.. index, next + array.GetLowerBound(index.Length)], numbers);
    }

    private static string Name(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Double => "double",
        TypeCode.Single => "float",
        TypeCode.Int32 => "int",
        TypeCode.Int64 => "long",
        TypeCode.Boolean => "bool",
        TypeCode.Byte => "byte",
        _ => type.Name,
    };
}
