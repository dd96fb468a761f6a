"""What DocumentDB 5.0 and 8.0 both have. Everything else is refused, so what works here works on either.

Source: "Supported MongoDB APIs, operations, and data types in Amazon DocumentDB" in its developer guide, as of
2026-10; a name is here if the table says Yes for 5.0 and for 8.0.
"""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# With those of the handshake and of signing in, which the table leaves out.
COMMANDS = _names(
    """
    create createIndexes currentOp drop dropDatabase dropIndexes killCursors killOp listCollections listDatabases
    listIndexes reIndex renameCollection collMod aggregate count distinct authenticate logout buildInfo collStats
    connectionStatus dataSize dbStats explain hostInfo listCommands serverStatus top delete find findAndModify getMore
    insert update abortTransaction commitTransaction killAllSessions killSessions startSession createUser
    dropAllUsersFromDatabase dropUser grantRolesToUser revokeRolesFromUser updateUser usersInfo createRole
    dropAllRolesFromDatabase dropRole grantRolesToRole revokeRolesFromRole revokePrivilegesFromRole rolesInfo updateRole
    hello ismaster isMaster ping saslStart saslContinue
    """
)
QUERY = _names(
    """
    $all $elemMatch $size $bitsAllSet $bitsAnySet $bitsAllClear $bitsAnyClear $comment $eq $gt $gte $in $lt $lte $ne
    $nin $exists $type $expr $jsonSchema $mod $regex $options $text $and $nor $not $or $ $meta $slice $search $geometry
    $maxDistance $minDistance $nearSphere $geoIntersects $geoWithin $near $natural
    """
)
UPDATE = _names(
    """
    $addToSet $pop $pullAll $pull $push $bit $currentDate $inc $max $min $mul $rename $set $setOnInsert $unset $each
    $position $slice $sort
    """
)
STAGES = _names(
    """
    $addFields $changeStream $collStats $count $currentOp $geoNear $group $indexStats $limit $lookup $match $out
    $project $redact $replaceRoot $sample $skip $sort $unwind
    """
)
EXPRESSIONS = _names(
    """
    $addToSet $avg $first $last $max $min $push $sum $abs $add $ceil $divide $exp $floor $ln $log $log10 $mod $multiply
    $sqrt $subtract $arrayElemAt $arrayToObject $concatArrays $filter $in $indexOfArray $isArray $objectToArray $range
    $reverseArray $reduce $size $slice $zip $and $not $or $cmp $eq $gt $gte $lt $lte $ne $cond $ifNull $switch $type
    $dateAdd $dateDiff $dateFromString $dateSubtract $dateToString $dayOfMonth $dayOfWeek $dayOfYear $hour
    $isoDayOfWeek $isoWeek $isoWeekYear $millisecond $minute $month $second $week $year $literal $mergeObjects
    $allElementsTrue $anyElementTrue $setDifference $setEquals $setIntersection $setIsSubset $setUnion $concat
    $indexOfBytes $indexOfCP $ltrim $regexFind $regexFindAll $regexMatch $replaceAll $replaceOne $rtrim $split
    $strcasecmp $strLenBytes $strLenCP $substr $substrBytes $substrCP $toLower $toUpper $trim $meta $convert $toBool
    $toDate $toDecimal $toDouble $toInt $toLong $toObjectId $toString $let $map
    """
)
# System variables of MongoDB that are in neither. Others begin with $$ too: those that a pipeline itself defines.
NO_VARIABLES = _names("$$NOW $$CLUSTER_TIME $$CURRENT $$REMOVE $$SEARCH_META $$USER_ROLES")
INDEX_OPTIONS = _names("v key name unique sparse background expireAfterSeconds partialFilterExpression")
INDEX_KINDS = _names("2dsphere text")
# Options of commands that only 8.0 has, or neither.
NO_OPTIONS = _names("collation min max noCursorTimeout returnKey showRecordId tailable")
